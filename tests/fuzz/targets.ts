/** Running services, as what is fuzzed. */
import type { OpenApiDocument } from "../../shared/openapi/document.ts";
import type { Target } from "./shot.ts";

/**
 * Asks a service for its document.
 *
 * @param headers what every request to it has, a token say. Default: none
 * @throws Error if it has none to show
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

/** The memory that a service says it uses, in bytes; `undefined` if it does not say. */
export async function memoryOf(url: string): Promise<number | undefined> {
  const response = await fetch(`${new URL(url).origin}/metrics`);
  const [, bytes] = /^process_resident_memory_bytes (\d+)/m.exec(await response.text()) ?? [];
  return bytes === undefined ? undefined : Number(bytes);
}
