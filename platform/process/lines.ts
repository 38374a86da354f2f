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

/** Lines of bytes since the last batch: those of 10 ms at 25,000 a second. It fits into a cache. */
const PAGE_BYTES = 64 * 1024;

/** The page is written when less than this is free. No line of bytes is longer. */
const PAGE_REST_BYTES = PAGE_BYTES / 4;

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

/** Where a line is written as bytes, so that it leaves nothing to the collector. */
export interface Page {
  readonly bytes: Buffer;
  /** Returns where the line begins, or undefined if it is dropped. It may have 16 KiB. */
  begin(): number | undefined;
  /** Accepts the line, which ends here. */
  end(at: number): void;
}

/** A buffer that writes lines in batches. */
export interface Lines {
  /** The lines of bytes keep their order among the others. */
  readonly page: Page;
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
  /** The lines before those in the page. */
  let waiting = "";
  const bytes = Buffer.allocUnsafeSlow(PAGE_BYTES);
  let bytesUsed = 0;
  let droppedInAll = 0;
  /** The dropped lines that were not reported yet. */
  let unreported = 0;
  let timer: Timer | undefined;
  let flushedAt = Number.NEGATIVE_INFINITY;
  /** Set until the reader has accepted the last batch. */
  let writing: Promise<void> | undefined;

  /** Whether a line has to be dropped, which is counted. */
  function isFull(): boolean {
    if (waiting.length <= WAITING_MAX) return false;
    droppedInAll += 1;
    unreported += 1;
    return true;
  }

  function write(lines: string): void {
    if (isFull()) return;
    emptyPage();
    waiting += lines;
    if (timer === undefined && !writing) schedule();
  }

  const page: Page = {
    bytes,
    begin: () => (isFull() ? undefined : bytesUsed),
    end(at) {
      bytesUsed = at;
      if (timer === undefined && !writing) schedule();
      if (at < PAGE_BYTES - PAGE_REST_BYTES) return;
      // What waits is for a reader or a disk that cannot take more now.
      if (waiting === "") flush();
      emptyPage();
    },
  };

  /** Puts the lines in the page behind those that wait. */
  function emptyPage(): void {
    if (bytesUsed === 0) return;
    waiting += bytes.toString("utf8", 0, bytesUsed);
    bytesUsed = 0;
  }

  function isEmpty(): boolean {
    return waiting === "" && bytesUsed === 0;
  }

  /** Returns all that waits: the page itself if nothing else does, otherwise as text. */
  function take(): string | Buffer {
    if (waiting !== "") emptyPage();
    const batch = waiting === "" ? bytes.subarray(0, bytesUsed) : waiting;
    waiting = "";
    bytesUsed = 0;
    return batch;
  }

  function schedule(): void {
    timer = setTimeout(flush, Math.max(0, flushedAt + BATCH_INTERVAL_MS - performance.now()));
  }

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    if (writing || isEmpty()) return;
    flushedAt = performance.now();
    const batch = take();
    try {
      // Missing from the types: returns a promise if a large batch does not fit into the buffer.
      const taken: unknown = sink.write(batch);
      const flushed = taken instanceof Promise ? taken.then(() => sink.flush()) : sink.flush();
      if (flushed instanceof Promise) {
        const text = String(batch); // The page is used for the next lines meanwhile.
        writing = flushed
          .then(written, (error) => failed(text, error))
          .finally(() => {
            writing = undefined;
            if (!isEmpty() && timer === undefined) schedule();
          });
      } else {
        written();
      }
    } catch (error) {
      failed(String(batch), error);
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

  return { write, page, dropped: () => droppedInAll, end };
}
