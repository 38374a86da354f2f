/**
 * The target of a request (RFC 9112, 3.2), made good before anything reads it.
 *
 * Bun shows the path of a request with its dot segments resolved, so that `/users/../metrics` is
 * `/metrics`, past whatever stood before the service and judged the path. But its own router matches the
 * path as it was sent. So every path of an app is registered there, and what comes by another way, or is
 * shown with another path than it came by, was sent with another one.
 */
import type { MaybePromise } from "../process/and-then.ts";

/** What responds to requests, and the paths that it knows: `/users/:id`. */
export interface Served {
  fetch(request: Request): MaybePromise<Response>;
  readonly routes: readonly { path: string }[];
}

/** The part of `Bun.serve`'s options that says what becomes of a request. */
export interface Targets {
  routes: Record<string, (request: Bun.BunRequest) => MaybePromise<Response>>;
  fetch(request: Request): MaybePromise<Response>;
}

/** The host of a request without `Host`, which HTTP/1.0 admits: no allowed one (RFC 2606, 2). */
const NO_HOST = "unnamed.invalid";

const SCHEME = "http://";

/** The requests whose path is not the one that was sent. */
const changed = new WeakSet<Request>();

/** Whether the path of a request is the one that was sent. */
export function hasOwnPath(request: Request): boolean {
  return !changed.has(request);
}

/** Leads requests to an app, each with a URL that can be parsed. */
export function targetsOf(app: Served): Targets {
  const paths = [...new Set(app.routes.map(({ path }) => path))];
  const known = paths.map(shownAs);

  function route(path: string) {
    const shown = shownAs(path);
    const names = Array.from(path.matchAll(/:([^/]+)/g), ([, name = ""]) => name);
    return (sent: Bun.BunRequest): MaybePromise<Response> => {
      const request = isGood(sent.url) ? sent : withGoodUrl(sent);
      // Parsers of URLs take a backslash for a slash.
      const isOwn = names.every((name) => !(sent.params as Parameters)[name]?.includes("\\"));
      if (!isOwn || !shown.test(request.url)) changed.add(request);
      return app.fetch(request);
    };
  }

  const routes: Targets["routes"] = {};
  for (const path of paths) {
    routes[path] = route(path);
    // The app takes a path with a slash at its end for the one without.
    if (!path.endsWith("/")) routes[`${path}/`] = route(path);
  }
  return {
    routes,
    fetch(sent) {
      const request = isGood(sent.url) ? sent : withGoodUrl(sent);
      if (known.some((path) => path.test(request.url))) changed.add(request);
      return app.fetch(request);
    },
  };
}

type Parameters = Record<string, string>;

/** The URLs that are shown for a path. */
function shownAs(path: string): RegExp {
  const segments = path.split("/").map((segment) => {
    return segment.startsWith(":") ? "[^/?#]+" : RegExp.escape(segment);
  });
  return new RegExp(`^http://[^/]*${segments.join("/")}/?(?:\\?|$)`);
}

/** The origin of the last URL that was found good: most requests are for the same. */
let goodOrigin = "http://localhost/";

/** Whether a URL can be parsed. Bun puts any `Host` into it, or none if that looks too strange. */
function isGood(url: string): boolean {
  if (url.startsWith(goodOrigin)) return true;
  const origin = url.slice(0, url.indexOf("/", SCHEME.length) + 1);
  if (!origin.startsWith(SCHEME) || !URL.canParse(origin)) return false;
  goodOrigin = origin;
  return true;
}

/** The same request for a host that is none. The target of CONNECT is no path either (RFC 9112, 3.2.3). */
function withGoodUrl(sent: Request): Request {
  const { url } = sent;
  const path = url.startsWith(SCHEME) ? url.slice(url.indexOf("/", SCHEME.length)) : url;
  const isPath = path.startsWith("/");
  const request = new Request(`${SCHEME}${NO_HOST}${isPath ? path : "/"}`, sent);
  if (!request.headers.has("host")) request.headers.set("host", NO_HOST);
  if (!isPath) changed.add(request);
  return request;
}
