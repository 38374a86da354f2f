/** When a connection to another service ends, so that its new replicas get their share. */
import { type Clock, systemClock } from "../process/clock.ts";

/** Nearly even after as many calls on each connection, for 8 µs a call (docs/call.md). */
const REQUESTS_MAX = 100;

const AGE_MAX_MS = 60_000;

/**
 * Returns whether the next request is the last one of its connection. It is once in 100 requests,
 * and at least once a minute if there are fewer.
 *
 * A balancer of connections, like a Service of Kubernetes, chooses a replica for a connection, and
 * busy ones are kept without end: a replica that is added would get nothing. `fetch` does not tell
 * which connection it uses, so all are counted together. That suffices: those that are used most
 * also end most, and the others the service closes, because they are idle.
 */
export function createRenewal(clock: Clock = systemClock): () => boolean {
  let requests = 0;
  let lastAtMs = clock.now();
  return () => {
    requests += 1;
    if (requests < REQUESTS_MAX && clock.now() - lastAtMs < AGE_MAX_MS) return false;
    requests = 0;
    lastAtMs = clock.now();
    return true;
  };
}
