/** What an attack is to whoever runs it: `bun test` in a short form, `bun run hostile` in full. */

export interface AttackOptions {
  /** The same one draws the same numbers; what they meet is up to the machine. */
  seed: number;
  /** How much of it: 1 is the short form, of a few seconds, and counts grow in proportion. */
  scale: number;
  /** Is told how far it is, as often as one likes. Default: nobody */
  progress?: (line: string) => void;
}

export interface Outcome {
  /** How many hostile things were done. */
  attempts: number;
  /** A sentence for every promise that was broken, each once; none if all held. */
  broken: string[];
}

/**
 * A file of this folder. It starts what it attacks itself, on loopback, and ends it; how much it does is
 * bounded by `scale`, and how long it waits for anything by a limit of its own.
 */
export interface Attack {
  /** For `--only`: words with hyphens, as the file is named. */
  name: string;
  /** What holds all the same: a sentence without a full stop. */
  description: string;
  run(options: AttackOptions): Promise<Outcome>;
}

/** Counts what is done, and keeps what is broken: the first of each kind says enough. */
export function createOutcome() {
  const broken = new Map<string, string>();
  let attempts = 0;
  return {
    attempted(count = 1): void {
      attempts += count;
    },
    /** @param kind what tells one broken promise from another */
    expect(holds: boolean, kind: string, example = ""): void {
      if (!holds && !broken.has(kind)) broken.set(kind, example ? `${kind}: ${example}` : kind);
    },
    outcome: (): Outcome => ({ attempts, broken: [...broken.values()] }),
  };
}
