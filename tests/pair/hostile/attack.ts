/** The interface of an attack. `bun test` runs a short form, `bun run hostile` the full one. */

export interface AttackOptions {
  /** The same seed gives the same random numbers; the timing still varies. */
  seed: number;
  /** Multiplies the counts. 1 is the short form, of a few seconds. */
  scale: number;
  /** Called with the progress, any number of times. Default: does nothing */
  progress?: (line: string) => void;
}

export interface Outcome {
  /** Number of hostile requests or actions. */
  attempts: number;
  /** One sentence for each broken guarantee; empty if all held. */
  broken: string[];
}

/**
 * A file of this folder. It starts its own target on loopback, and stops it. `scale` bounds how
 * much it does, and every wait has a time limit.
 */
export interface Attack {
  /** The name of the file, for `--only`. */
  name: string;
  /** The guarantee that must hold, as a sentence without a full stop. */
  description: string;
  run(options: AttackOptions): Promise<Outcome>;
}

/** Counts attempts, and keeps the first broken guarantee of each kind. */
export function createOutcome() {
  const broken = new Map<string, string>();
  let attempts = 0;
  return {
    attempted(count = 1): void {
      attempts += count;
    },
    /** @param kind identifies the guarantee */
    expect(holds: boolean, kind: string, example = ""): void {
      if (!holds && !broken.has(kind)) broken.set(kind, example ? `${kind}: ${example}` : kind);
    },
    outcome: (): Outcome => ({ attempts, broken: [...broken.values()] }),
  };
}
