import type { OpenApiDocument } from "./document.ts";

/**
 * Returns the document for a file. Its server is an address, which a relative one would not be there;
 * the one that is served is relative, so that "Try it out" stays where the page is.
 *
 * @param basePath the path of the service behind a proxy, such as `/shop`. Default: none
 */
export function printed(
  document: OpenApiDocument,
  { port, basePath = "" }: { port: number; basePath?: string },
): OpenApiDocument {
  const url = `http://localhost:${port}${basePath}`;
  return { ...document, servers: document.servers.map((server) => ({ ...server, url })) };
}
