/** Responses that never change while the process runs: compressed once, revalidated by clients. */
import { isNotModified } from "../http/etag.ts";
import { REVALIDATED, STANDARD_HEADERS } from "../http/response.ts";

interface Form {
  bytes: Uint8Array<ArrayBuffer>;
  headers: Record<string, string>;
}

export interface Packed {
  plain: Form;
  gzipped: Form;
}

/**
 * Prepares a response in plain and compressed form.
 *
 * @param headers `content-type`, and any others
 */
export async function pack(
  content: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string>,
): Promise<Packed> {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  const digest = new Bun.CryptoHasher("sha256").update(bytes).digest("base64url");
  const common = {
    ...headers,
    ...STANDARD_HEADERS,
    // The file names do not change between releases, but the content may.
    "cache-control": REVALIDATED,
    vary: "accept-encoding",
  };
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"));
  const compressed = await new Response(stream).bytes();
  return {
    plain: { bytes, headers: { ...common, etag: `"${digest}"` } },
    gzipped: {
      bytes: compressed,
      headers: { ...common, etag: `"${digest}-gzip"`, "content-encoding": "gzip" },
    },
  };
}

/**
 * Returns the response in the form that the client accepts, or a 304 if it has it already (RFC
 * 9110, 13.1.2).
 */
export function packedResponse(
  { plain, gzipped }: Packed,
  { headers: requested }: Request,
): Response {
  const { bytes, headers } = takesGzip(requested.get("accept-encoding") ?? "") ? gzipped : plain;
  const { etag = "" } = headers;
  if (!isNotModified(requested.get("if-none-match") ?? undefined, etag)) {
    return new Response(bytes, { headers });
  }
  const { "content-type": _type, "content-encoding": _encoding, ...rest } = headers;
  return new Response(null, { status: 304, headers: rest });
}

/** Whether gzip is listed, and not with a weight of 0 (RFC 9110, 12.5.3). */
function takesGzip(acceptEncoding: string): boolean {
  return /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/i.test(acceptEncoding);
}
