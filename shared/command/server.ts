/** From listening to the end: ready, draining, stopped, closed. */
import { type Served, targetsOf } from "../http/request-target.ts";
import type { Log } from "../process/log.ts";
import { OperatorError } from "../process/operator-error.ts";

/** Bun's own limit on a body ends in an answer of Bun's; ours, which is lower, has to come first. */
const BODY_BYTES_HARD_MAX = Number.MAX_SAFE_INTEGER;

/** Connections without a request are closed after this. Longer than the 60 s of most balancers. */
const IDLE_TIMEOUT_SECONDS = 75;

/** How often the end looks whether only unfinished headers are left, and how long they may be that. */
const HEADER_POLL_MS = 50;
const HEADER_GRACE_MS = 1_000;

export interface Address {
  host: string;
  port: number;
}

export interface ServeOptions extends Address {
  app: Served;
  /** Lets another process listen on the same port. Default: false */
  reusePort?: boolean;
}

/**
 * Listens.
 *
 * @throws OperatorError if the address is taken or not ours
 */
export function listen({ app, host, port, reusePort = false }: ServeOptions) {
  try {
    return Bun.serve({
      hostname: host,
      port,
      reusePort,
      ...targetsOf(app),
      idleTimeout: IDLE_TIMEOUT_SECONDS,
      maxRequestBodySize: BODY_BYTES_HARD_MAX,
      development: false,
    });
  } catch (cause) {
    throw cannotListen(cause, { host, port });
  }
}

/**
 * Looks whether {@link listen} is going to succeed, for what must not be done in vain before it.
 *
 * @throws OperatorError if the address is taken or not ours
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
  /** How 127.0.0.1 is written: people like its name, and a name may lead elsewhere. Default: as it is */
  loopback?: string;
}

/** The URL under which this machine reaches what listens on that address, which may be all of them. */
export function localUrl({ host, port, loopback = "127.0.0.1" }: LocalUrlOptions): string {
  if (host === "127.0.0.1" || host === "0.0.0.0") return `http://${loopback}:${port}`;
  if (host === "::") return `http://[::1]:${port}`;
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

export interface StopOptions {
  server: Bun.Server<undefined>;
  log: Log;
  /** How long to go on accepting after the service says that it is not ready. */
  graceMs: number;
  /** How long requests in flight may take after that; then they are cut off. */
  timeoutMs: number;
}

/**
 * Waits for the balancer, stops accepting, closes the idle connections, and lets the requests in
 * flight finish or cuts them off. A header that is never finished is no request, and holds up nothing.
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
