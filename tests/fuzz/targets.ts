/** Running services as targets of the fuzzer. */
import type { OpenApiDocument } from "../../platform/openapi/document.ts";
import type { Target } from "./shot.ts";

/**
 * Fetches the document of a service.
 *
 * @param headers of every request to it, such as a token. Default: none
 * @throws Error if the document is not available
 */
export async function targetAt(url: string, headers = new Headers()): Promise<Target> {
  const { origin } = new URL(url);
  const response = await fetch(`${origin}/swagger/json`, { headers });
  if (!response.ok) throw new Error(`${origin}/swagger/json: status ${response.status}`);
  const document = (await response.json()) as OpenApiDocument;
  const [service] = document.tags;
  return {
    name: service?.name ?? origin,
    document,
    async send(request) {
      const target = new Request(request.url.replace("http://localhost", origin), request);
      for (const [name, value] of headers) {
        if (!target.headers.has(name)) target.headers.set(name, value);
      }
      return fetch(target, { redirect: "manual", decompress: false });
    },
  };
}

/** The memory of a service from its metrics, in bytes; `undefined` if it is not available. */
export async function memoryOf(url: string): Promise<number | undefined> {
  const response = await fetch(`${new URL(url).origin}/metrics`);
  const [, bytes] = /^process_resident_memory_bytes (\d+)/m.exec(await response.text()) ?? [];
  return bytes === undefined ? undefined : Number(bytes);
}
