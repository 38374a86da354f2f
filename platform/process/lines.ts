/**
 * Writes log lines: in batches without waiting for the reader, and completely before the process
 * exits.
 */

/**
 * The time between batches; a line after a pause is written immediately. The delay is too short to
 * notice, and a killed process loses no more than this.
 */
const BATCH_INTERVAL_MS = 10;

/** How long to wait after a failed write: a full disk may have room by then. */
const RETRY_AFTER_MS = 1_000;

/**
 * The maximum number of characters in the buffer while nobody reads or the disk is full: a
 * twentieth of a small container.
 */
const WAITING_MAX = 4 * 1024 * 1024;

/** How long to wait for a slow reader before the process exits. */
const END_TIMEOUT_MS = 1_000;

export interface LinesOptions {
  /**
   * The destination: `Bun.stderr.writer()`, which does not wait for the reader of a pipe either.
   */
  sink: Pick<Bun.FileSink, "write" | "flush">;
  /** Called with the number of dropped lines when lines can be written again. Default: nothing */
  onDropped?: (count: number) => void;
}

/** A buffer that writes lines in batches. */
export interface Lines {
  /** Accepts whole lines, and never fails. */
  write(lines: string): void;
  /** The number of lines dropped since the start. */
  dropped(): number;
  /** Writes the buffer: immediately if possible, within a second if the reader is slow. */
  end(): Promise<void>;
}

/**
 * Creates the buffer. A failed write is repeated every second, so after a full disk a line may be
 * duplicated, and the last one before it may be incomplete. If the reader has closed the pipe,
 * lines are dropped.
 */
export function createLines({ sink, onDropped = () => {} }: LinesOptions): Lines {
  let waiting = "";
  let droppedInAll = 0;
  /** The dropped lines that were not reported yet. */
  let unreported = 0;
  let timer: Timer | undefined;
  let flushedAt = Number.NEGATIVE_INFINITY;
  /** Set until the reader has accepted the last batch. */
  let writing: Promise<void> | undefined;

  function write(lines: string): void {
    if (waiting.length > WAITING_MAX) {
      droppedInAll += 1;
      unreported += 1;
      return;
    }
    waiting += lines;
    if (timer === undefined && !writing) schedule();
  }

  function schedule(): void {
    timer = setTimeout(flush, Math.max(0, flushedAt + BATCH_INTERVAL_MS - performance.now()));
  }

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    if (writing || waiting === "") return;
    flushedAt = performance.now();
    const batch = waiting;
    waiting = "";
    try {
      // Missing from the types: returns a promise if a large batch does not fit into the buffer.
      const taken: unknown = sink.write(batch);
      const flushed = taken instanceof Promise ? taken.then(() => sink.flush()) : sink.flush();
      if (flushed instanceof Promise) {
        writing = flushed
          .then(written, (error) => failed(batch, error))
          .finally(() => {
            writing = undefined;
            if (waiting !== "" && timer === undefined) schedule();
          });
      } else {
        written();
      }
    } catch (error) {
      failed(batch, error);
    }
  }

  function written(): void {
    if (unreported === 0) return;
    const count = unreported;
    unreported = 0;
    onDropped(count);
  }

  function failed(batch: string, error: unknown): void {
    if ((error as { code?: string }).code === "EPIPE") return;
    // Starts a new line, because part of the batch may have been written.
    waiting = `${batch.startsWith("\n") ? "" : "\n"}${batch}${waiting}`;
    timer ??= setTimeout(flush, RETRY_AFTER_MS);
  }

  async function end(): Promise<void> {
    flush();
    const late = Promise.withResolvers<void>();
    const limit = setTimeout(late.resolve, END_TIMEOUT_MS);
    // Twice: the second batch contains the lines that arrived during the first.
    for (let batch = 1; batch <= 2 && writing; batch += 1) {
      await Promise.race([writing, late.promise]);
      flush();
    }
    clearTimeout(limit);
    clearTimeout(timer);
  }

  return { write, dropped: () => droppedInAll, end };
}
