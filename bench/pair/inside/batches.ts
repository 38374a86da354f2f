/** Measures variants of the same work in one process, in small alternating batches. */

export interface Variant {
  name: string;
  request(): Request;
  handle(request: Request): Response | Promise<Response>;
}

export interface Comparison {
  title: string;
  /** The others are compared with the first one. */
  variants: readonly Variant[];
  /** Number of concurrent requests. Default: 1 */
  atOnce?: number;
  /** Runs after each batch, and is measured with it. Default: nothing */
  after?: () => Promise<void>;
}

export interface Outcome {
  name: string;
  /** Microseconds per request, in the fastest batch. */
  micros: number;
}

/** Requests per batch: about a millisecond, so that many batches are undisturbed. */
const BATCH = 64;
/** Duration of a comparison, including the warm-up. */
const DURATION_MS = 8_000;
const WARM_UP_MS = 2_000;

/** @throws Error if a variant returns an error response */
export async function measure({ variants, atOnce = 1, after }: Comparison): Promise<Outcome[]> {
  for (const { name, handle, request } of variants) {
    const response = await handle(request());
    if (!response.ok) throw new Error(`${name}: ${response.status} ${await response.text()}`);
  }
  const least = variants.map(() => Infinity);
  const beganAt = performance.now();
  for (let elapsed = 0; elapsed < DURATION_MS; elapsed = performance.now() - beganAt) {
    for (const [index, variant] of variants.entries()) {
      const startedAt = Bun.nanoseconds();
      await (atOnce === 1 ? oneByOne(variant) : together(variant, atOnce));
      await after?.();
      const micros = (Bun.nanoseconds() - startedAt) / 1000 / BATCH;
      if (elapsed > WARM_UP_MS) least[index] = Math.min(least[index] ?? Infinity, micros);
    }
  }
  return variants.map(({ name }, index) => ({ name, micros: least[index] ?? Number.NaN }));
}

async function oneByOne({ handle, request }: Variant): Promise<void> {
  for (let done = 0; done < BATCH; done += 1) {
    const response = handle(request());
    // Awaiting a synchronous response would cost a turn, and the server does not await it either.
    if (response instanceof Promise) await response;
  }
}

async function together({ handle, request }: Variant, atOnce: number): Promise<void> {
  for (let done = 0; done < BATCH; done += atOnce) {
    await Promise.all(Array.from({ length: atOnce }, () => handle(request())));
  }
}
