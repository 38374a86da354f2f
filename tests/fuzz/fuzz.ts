/**
 * Tries services by what they say of themselves: sequences of generated requests, and a check of every
 * response against the document. What fails is made as small as it can be.
 */
import * as fc from "fast-check";

import { play, sequencesOf } from "./play.ts";
import { createSender, Finding } from "./send.ts";
import { routesOf, type Target } from "./shot.ts";

/** A round has a seed of its own, so that what it finds is found again at once. */
const SEQUENCES_A_ROUND = 100;

/** A failure is made smaller with so many requests at most, and told as it is then. */
const SHRINK_REQUESTS_MAX = 2_000;
/** And for so long, where what fails takes its time. */
const SHRINK_MAX_MS = 60_000;

export interface FuzzOptions {
  /** Sent at least, unless something is found; the last sequence is played to its end. */
  requests: number;
  /** The same one makes the same requests; what comes back is up to what the services hold. */
  seed: number;
  /** Whether what is found is made as small as it can be. Default: true */
  shrink?: boolean;
  /** What has not been answered by then hangs. Default: 10000 */
  answerTimeoutMs?: number;
  /** After each round. Default: nothing */
  progress?: (state: { requests: number; seed: number }) => void | Promise<void>;
}

export interface FuzzReport {
  requests: number;
  /** How many responses had each status. */
  statuses: Record<string, number>;
  /** Nothing if all is well. */
  finding?: Found;
}

interface Found {
  /** What is wrong. */
  message: string;
  /** The requests that show it, and what came back. */
  transcript: string;
  /** Of the round. */
  seed: number;
}

export async function fuzz(
  targets: readonly Target[],
  { requests, seed, shrink = true, answerTimeoutMs = 10_000, progress = () => {} }: FuzzOptions,
): Promise<FuzzReport> {
  const sequences = sequencesOf(routesOf(targets));
  let transcript: string[] = [];
  const sender = createSender({ answerTimeoutMs, transcript: (line) => transcript.push(line) });

  async function round(seed: number): Promise<Found | undefined> {
    let requestsMax = requests;
    let endAt = Infinity;
    let found: Found | undefined;
    const property = fc.asyncProperty(sequences, async (sequence) => {
      if (sender.count() >= requestsMax || performance.now() > endAt) return;
      transcript = [];
      try {
        await play(sequence, sender);
      } catch (error) {
        if (!(error instanceof Finding)) throw error;
        if (!found) {
          requestsMax = sender.count() + SHRINK_REQUESTS_MAX;
          endAt = performance.now() + SHRINK_MAX_MS;
        }
        // The last one is the smallest.
        found = { message: error.message, transcript: transcript.join("\n"), seed };
        throw error;
      }
    });
    const { errorInstance } = await fc.check(property, {
      seed,
      numRuns: SEQUENCES_A_ROUND,
      endOnFailure: !shrink,
    });
    if (errorInstance && !found) throw errorInstance;
    return found;
  }

  let finding: Found | undefined;
  for (let next = seed; sender.count() < requests; next += 1) {
    finding = await round(next);
    await progress({ requests: sender.count(), seed: next });
    if (finding) break;
  }
  const statuses = [...sender.statuses].toSorted(([a], [b]) => a - b);
  return {
    requests: sender.count(),
    statuses: Object.fromEntries(statuses),
    ...(finding && { finding }),
  };
}
