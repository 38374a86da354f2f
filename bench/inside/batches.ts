/** Variants of the same work in one process, in turn, in small batches: the minimum holds still. */

export interface Variant {
  name: string;
  request(): Request;
  handle(request: Request): Response | Promise<Response>;
}

export interface Comparison {
  title: string;
  /** The first is the one that the others are compared with. */
  variants: readonly Variant[];
  /** How many requests are on their way at a time. Default: 1 */
  atOnce?: number;
  /** What has to be done after each batch, and is a part of it. Default: nothing */
  after?: () => Promise<void>;
}

export interface Outcome {
  name: string;
  /** Of a request, in the quickest batch. */
  micros: number;
}

/** Requests a batch: about a millisecond, so that many batches are disturbed by nothing. */
const BATCH = 64;
/** How long all variants of a comparison take turns, the first part of it to warm up. */
const DURATION_MS = 8_000;
const WARM_UP_MS = 2_000;

/** @throws Error if a variant does not answer with success */
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
    // Waiting for what is there already would take a turn, and the server does not wait either.
    if (response instanceof Promise) await response;
  }
}

async function together({ handle, request }: Variant, atOnce: number): Promise<void> {
  for (let done = 0; done < BATCH; done += atOnce) {
    await Promise.all(Array.from({ length: atOnce }, () => handle(request())));
  }
}
