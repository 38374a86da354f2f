/** Lines on their way out of the process: in batches that nobody waits for, and all of them at its end. */

/**
 * How far batches are apart; a line after a pause goes out at once. Nobody sees it, and a process that is
 * killed loses no more than this.
 */
const BATCH_INTERVAL_MS = 10;

/** How soon lines are tried again that could not be written: a full disk may have room by then. */
const RETRY_AFTER_MS = 1_000;

/** How many characters wait where nobody reads, or the disk is full: a twentieth of a small container. */
const WAITING_MAX = 4 * 1024 * 1024;

/** How long the end of the process waits for a reader that takes its time. */
const END_TIMEOUT_MS = 1_000;

export interface LinesOptions {
  /** Where they go: `Bun.stderr.writer()`, which does not wait for the reader of a pipe either. */
  sink: Pick<Bun.FileSink, "write" | "flush">;
  /** Is told how many lines were dropped for want of room, once lines go out again. Default: nobody */
  onDropped?: (count: number) => void;
}

/** Where lines are written to in batches. */
export interface Lines {
  /** Takes whole lines, and never fails. */
  write(lines: string): void;
  /** How many were dropped for want of room since the start. */
  dropped(): number;
  /** Writes what waits: at once where that is possible, in a second at most where the reader is slow. */
  end(): Promise<void>;
}

/**
 * Writes lines in batches. What cannot be written is tried again every second, so after a full disk
 * a line may be there twice, and the last one that fitted in part; what a reader who has gone away
 * would have read is dropped.
 */
export function createLines({ sink, onDropped = () => {} }: LinesOptions): Lines {
  let waiting = "";
  let droppedInAll = 0;
  /** Of them, those that nobody was told of. */
  let untold = 0;
  let timer: Timer | undefined;
  let flushedAt = Number.NEGATIVE_INFINITY;
  /** While the reader has not taken the last batch. */
  let writing: Promise<void> | undefined;

  function write(lines: string): void {
    if (waiting.length > WAITING_MAX) {
      droppedInAll += 1;
      untold += 1;
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
      // The types know of no promise here, and there is one where a large batch is refused.
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
    if (untold === 0) return;
    const count = untold;
    untold = 0;
    onDropped(count);
  }

  function failed(batch: string, error: unknown): void {
    if ((error as { code?: string }).code === "EPIPE") return;
    // On a line of its own, whatever part of the batch was written.
    waiting = `${batch.startsWith("\n") ? "" : "\n"}${batch}${waiting}`;
    timer ??= setTimeout(flush, RETRY_AFTER_MS);
  }

  async function end(): Promise<void> {
    flush();
    const late = Promise.withResolvers<void>();
    const limit = setTimeout(late.resolve, END_TIMEOUT_MS);
    // Twice: what came while the first batch was being taken is the last.
    for (let batch = 1; batch <= 2 && writing; batch += 1) {
      await Promise.race([writing, late.promise]);
      flush();
    }
    clearTimeout(limit);
    clearTimeout(timer);
  }

  return { write, dropped: () => droppedInAll, end };
}
