/** Answers that never change while the process runs: packed once, revalidated by clients. */
import { isNotModified } from "../http/etag.ts";
import { REVALIDATED, STANDARD_HEADERS } from "../http/headers.ts";

interface Form {
  bytes: Uint8Array<ArrayBuffer>;
  headers: Record<string, string>;
}

export interface Packed {
  plain: Form;
  gzipped: Form;
}

/**
 * Prepares an answer, as it is and compressed.
 *
 * @param headers `content-type`, and what else is to be sent with it
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
    // The names of the files stay and their content goes with the release.
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

/** The answer in the form that the client takes, or a 304 if it has that already (RFC 9110, 13.1.2). */
export function serve({ plain, gzipped }: Packed, { headers: asked }: Request): Response {
  const { bytes, headers } = takesGzip(asked.get("accept-encoding") ?? "") ? gzipped : plain;
  const { etag = "" } = headers;
  if (!isNotModified(asked.get("if-none-match") ?? undefined, etag)) {
    return new Response(bytes, { headers });
  }
  const { "content-type": _type, "content-encoding": _encoding, ...rest } = headers;
  return new Response(null, { status: 304, headers: rest });
}

/** Whether gzip is named, and not with a weight of 0 (RFC 9110, 12.5.3). */
function takesGzip(acceptEncoding: string): boolean {
  return /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/i.test(acceptEncoding);
}
