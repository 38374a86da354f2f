/**
 * Checks and repairs the target of a request (RFC 9112, 3.2) before anything reads it.
 *
 * Bun resolves dot segments in the URL of a request: `/things/../metrics` becomes `/metrics`, and
 * bypasses any proxy that checked the path. But its router matches the path as it was sent. So
 * every path of an app is registered with the router. A request that matches a path only in its
 * URL, or whose URL differs from the matched path, was sent with another path.
 */
import type { MaybePromise } from "../../process/and-then.ts";
import { pathUnder } from "../base-path.ts";
import { createMatcher, patternOf } from "../routes.ts";

/** An app with its paths, for example `/things/:id`. */
export interface RoutedApp {
  fetch(request: Request): MaybePromise<Response>;
  readonly routes: readonly { path: string }[];
  /** Each path is also found under this one. Default: none */
  readonly basePath?: string;
}

/** The options of `Bun.serve` that route requests. */
export interface Targets {
  routes: Record<string, (request: Bun.BunRequest) => MaybePromise<Response>>;
  fetch(request: Request): MaybePromise<Response>;
}

/**
 * The host of a request without `Host`, which HTTP/1.0 permits. It can never be an allowed host
 * (RFC 2606, 2).
 */
const NO_HOST = "unnamed.invalid";

const SCHEME = "http://";

/** Requests whose URL has another path than the one sent. */
const changed = new WeakSet<Request>();

/** Whether the path in the URL is the one that was sent. */
export function hasOwnPath(request: Request): boolean {
  return !changed.has(request);
}

/** Routes requests to an app, each with a URL that can be parsed. */
export function targetsOf(app: RoutedApp): Targets {
  const { basePath = "" } = app;
  const own = app.routes.map(({ path }) => path);
  const under = basePath === "" ? [] : own.map((path) => pathUnder(basePath, path));
  const paths = [...new Set([...own, ...under])];
  const match = createMatcher(paths);

  function route(path: string) {
    const shown = patternOf(path);
    const names = Array.from(path.matchAll(/:([^/]+)/g), ([, name = ""]) => name);
    return (sent: Bun.BunRequest): MaybePromise<Response> => {
      const request = isGood(sent.url) ? sent : withGoodUrl(sent);
      // URL parsers treat a backslash as a slash.
      const isOwn = names.every((name) => !(sent.params as Parameters)[name]?.includes("\\"));
      if (!isOwn || !shown.test(request.url)) changed.add(request);
      return app.fetch(request);
    };
  }

  const routes: Targets["routes"] = {};
  for (const path of paths) {
    routes[path] = route(path);
    if (!path.endsWith("/")) routes[`${path}/`] = route(path);
  }
  return {
    routes,
    fetch(sent) {
      const request = isGood(sent.url) ? sent : withGoodUrl(sent);
      if (match(request.url) !== undefined) changed.add(request);
      return app.fetch(request);
    },
  };
}

type Parameters = Record<string, string>;

/** The origin of the last valid URL: most requests have the same. */
let goodOrigin = "http://localhost/";

/**
 * Whether a URL can be parsed. Bun copies any `Host` into it, and leaves it out if it is too
 * strange.
 */
function isGood(url: string): boolean {
  if (url.startsWith(goodOrigin)) return true;
  const origin = url.slice(0, url.indexOf("/", SCHEME.length) + 1);
  if (!origin.startsWith(SCHEME) || !URL.canParse(origin)) return false;
  goodOrigin = origin;
  return true;
}

/**
 * Returns the same request with a placeholder host. The target of CONNECT is not a path either (RFC
 * 9112, 3.2.3).
 */
function withGoodUrl(sent: Request): Request {
  const { url } = sent;
  const path = url.startsWith(SCHEME) ? url.slice(url.indexOf("/", SCHEME.length)) : url;
  const isPath = path.startsWith("/");
  const request = new Request(`${SCHEME}${NO_HOST}${isPath ? path : "/"}`, sent);
  if (!request.headers.has("host")) request.headers.set("host", NO_HOST);
  if (!isPath) changed.add(request);
  return request;
}
