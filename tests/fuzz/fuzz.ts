/**
 * Fuzzes services by their OpenAPI documents: sends sequences of generated requests, and checks
 * every response against the document. A failing sequence is reduced to the smallest one that still
 * fails.
 */
import * as fc from "fast-check";

import { play, sequencesOf } from "./play.ts";
import { createSender, Finding } from "./send.ts";
import { routesOf, type Target } from "./shot.ts";

/** Each round has its own seed, so that a finding can be reproduced at once. */
const SEQUENCES_A_ROUND = 100;

/** Maximum number of requests to shrink a failure. */
const SHRINK_REQUESTS_MAX = 2_000;
/** Maximum time to shrink a failure, for slow failures. */
const SHRINK_MAX_MS = 60_000;

export interface FuzzOptions {
  /** Minimum number of requests, unless something is found; the last sequence is completed. */
  requests: number;
  /** The same seed gives the same requests; responses depend on the data of the services. */
  seed: number;
  /** Whether to shrink a finding. Default: true */
  shrink?: boolean;
  /** Time limit of a response. Default: 10000 */
  answerTimeoutMs?: number;
  /** Called after each round. Default: does nothing */
  progress?: (state: { requests: number; seed: number }) => void | Promise<void>;
}

export interface FuzzReport {
  requests: number;
  /** How many responses had each status. */
  statuses: Record<string, number>;
  /** Undefined if nothing was found. */
  finding?: Found;
}

interface Found {
  /** What is wrong. */
  message: string;
  /** The requests that show it, and their responses. */
  transcript: string;
  /** Seed of the round. */
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
        // Shrinking finds the smallest one last.
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
