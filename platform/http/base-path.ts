/** Requests that arrive under the path of a service behind a proxy. */
import type { Respond } from "./context.ts";

/** Returns the path of a route under the base path. */
export function pathUnder(basePath: string, path: string): string {
  return path === "/" ? basePath : basePath + path;
}

/**
 * Lets a request under the base path look like one without it, so that everything behind finds, logs
 * and counts the same route whether a proxy has stripped the path or not. Without a base path,
 * nothing comes between.
 */
export function stripped(basePath: string, respond: Respond): Respond {
  if (basePath === "") return respond;
  return (request) => {
    const url = urlWithout(basePath, request.url);
    // The request stays the same one: its address, body and context belong to it.
    if (url !== undefined) Object.defineProperty(request, "url", { value: url });
    return respond(request);
  };
}

/** Undefined if the path of the URL is not under the base path. */
function urlWithout(basePath: string, url: string): string | undefined {
  const start = url.indexOf("/", url.indexOf("//") + 2);
  if (!url.startsWith(basePath, start)) return undefined;
  const origin = url.slice(0, start);
  const rest = url.slice(start + basePath.length);
  if (rest.startsWith("/")) return origin + rest;
  return rest === "" || rest.startsWith("?") ? `${origin}/${rest}` : undefined;
}
