import type { Log } from "../process/log.ts";
import { OperatorError } from "../process/operator-error.ts";
/** The life of the server: listens, drains, stops. */
import { type RoutedApp, targetsOf } from "./admit/request-target.ts";

/**
 * Bun enforces its own limit on bodies with a response of its own. Ours is lower and has to apply
 * first.
 */
const BODY_BYTES_HARD_MAX = Number.MAX_SAFE_INTEGER;

/** Bun closes a connection that waits for its response as an idle one: this much later. */
const WAIT_MORE_SECONDS = 15;

/**
 * During shutdown: how often to check whether only unfinished request headers are left, and how
 * long they may remain.
 */
const HEADER_POLL_MS = 50;
const HEADER_GRACE_MS = 1_000;

export interface Address {
  host: string;
  port: number;
}

export interface ServeOptions extends Address {
  app: RoutedApp;
  /** Lets another process listen on the same port. Default: false */
  reusePort?: boolean;
  /** How long a connection may be idle; 0 means forever. Default: 75, more than most proxies wait */
  idleTimeoutSeconds?: number;
  /** How long a handler may wait for others: for as long, its connection is not idle. Default: 0 */
  waitMaxMs?: number;
}

/**
 * Starts the server.
 *
 * @throws OperatorError if the address is in use or does not belong to this machine
 */
export function listen({
  app,
  host,
  port,
  reusePort = false,
  idleTimeoutSeconds = 75,
  waitMaxMs = 0,
}: ServeOptions) {
  try {
    return Bun.serve({
      hostname: host,
      port,
      reusePort,
      ...targetsOf(app),
      idleTimeout: idleTimeoutOf({ idleTimeoutSeconds, waitMaxMs }),
      maxRequestBodySize: BODY_BYTES_HARD_MAX,
      development: false,
    });
  } catch (cause) {
    throw cannotListen(cause, { host, port });
  }
}

/** Returns the option of `Bun.serve`, in seconds, where 0 means never. */
export function idleTimeoutOf({ idleTimeoutSeconds, waitMaxMs }: IdleOptions): number {
  if (idleTimeoutSeconds === 0) return 0;
  return Math.max(idleTimeoutSeconds, waitMaxMs / 1_000 + WAIT_MORE_SECONDS);
}
type IdleOptions = Required<Pick<ServeOptions, "idleTimeoutSeconds" | "waitMaxMs">>;

/**
 * Checks whether {@link listen} would succeed, before work that depends on it.
 *
 * @throws OperatorError if the address is in use or does not belong to this machine
 */
export function requireFree({ host, port }: Address): void {
  try {
    Bun.listen({ hostname: host, port, exclusive: true, socket: { data() {} } }).stop(true);
  } catch (cause) {
    throw cannotListen(cause, { host, port });
  }
}

function cannotListen(cause: unknown, { host, port }: Address): OperatorError {
  const { code } = cause as { code?: string };
  const why =
    code === "EADDRINUSE"
      ? `Port ${port} on ${host} is in use. Stop the process that listens there, or set PORT to another port`
      : `Cannot listen on ${host}:${port}: ${cause instanceof Error ? cause.message : cause}`;
  return new OperatorError(why, { cause });
}

export interface LocalUrlOptions extends Address {
  /**
   * How to write 127.0.0.1, for example `localhost`, which may resolve to another address. Default:
   * 127.0.0.1
   */
  loopback?: string;
}

/** Returns the URL for this machine; `host` may be the wildcard address. */
export function localUrl({ host, port, loopback = "127.0.0.1" }: LocalUrlOptions): string {
  if (host === "127.0.0.1" || host === "0.0.0.0") return `http://${loopback}:${port}`;
  if (host === "::") return `http://[::1]:${port}`;
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

export interface StopOptions {
  server: Bun.Server<undefined>;
  log: Log;
  /** How long to keep accepting requests after readiness turns false. */
  graceMs: number;
  /** How long requests in flight may then take before they are cut off. */
  timeoutMs: number;
}

/**
 * Waits for the load balancer, stops accepting, closes idle connections, and waits for the requests
 * in flight or cuts them off. An unfinished request header does not delay it by more than a second.
 */
export async function stop({ server, log, graceMs, timeoutMs }: StopOptions): Promise<void> {
  await Bun.sleep(graceMs);
  const cutOff = setTimeout(() => {
    log.warn("requests cut off", { in_flight: server.pendingRequests });
    void server.stop(true);
  }, timeoutMs);
  let withoutRequestMs = 0;
  const poll = setInterval(() => {
    withoutRequestMs = server.pendingRequests === 0 ? withoutRequestMs + HEADER_POLL_MS : 0;
    if (withoutRequestMs >= HEADER_GRACE_MS) void server.stop(true);
  }, HEADER_POLL_MS);
  await server.stop();
  clearTimeout(cutOff);
  clearInterval(poll);
}
