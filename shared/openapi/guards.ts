/** What stands around the routes, as the OpenAPI document has it: exactly what is in force. */
import { BEARER } from "../http/auth/access.ts";
import { SCOPES } from "../http/auth/caller.ts";
import type { Failure } from "../http/failure.ts";
import {
  insufficientScope,
  invalidToken,
  keysUnavailable,
  malformedToken,
  tokenNeeded,
  tooManyRequests,
} from "../http/failures.ts";
import { type Draft, type DraftAnswer, type DraftOperation, mapValues, plain } from "./document.ts";
import { type HeaderName, headersOf, problem } from "./responses.ts";

export interface Guards {
  /** Callers have to show a token. Default: false */
  identity?: boolean;
  /** The keys of tokens are another's, which may be out of reach. Default: false */
  remoteKeys?: boolean;
  /** A caller may send so many requests only. Default: false */
  limit?: boolean;
  /** Pages of other origins may ask. Default: false */
  cors?: boolean;
}

/**
 * Adds to a draft what is in force of the guards: who may ask, what more it fails with, and the headers of
 * every response. What is not in force is left out, though the routes declare it.
 */
export function guarded(draft: Draft, { identity, remoteKeys, limit, cors }: Guards = {}): Draft {
  const added = [
    ...(identity ? [malformedToken, tokenNeeded, invalidToken, insufficientScope] : []),
    ...(remoteKeys ? [keysUnavailable] : []),
    ...(limit ? [tooManyRequests] : []),
  ];
  const names: HeaderName[] = [...(limit ? LIMIT_HEADERS : []), ...(cors ? CORS_HEADERS : [])];

  const headers = plain(headersOf(names)) as DraftAnswer["headers"];
  const response = (draft: DraftAnswer): DraftAnswer => ({
    ...draft,
    headers: { ...draft.headers, ...headers },
  });

  function operation({ security = [], ...draft }: DraftOperation): DraftOperation {
    const responses = { ...draft.responses, ...withFailures(draft.responses, added) };
    return {
      ...draft,
      responses: mapValues(responses, response),
      ...(identity && { security }),
    };
  }

  const paths = mapValues(draft.paths, (operations) => mapValues(operations, operation));
  return { ...draft, paths, ...(identity && { securitySchemes: SECURITY_SCHEMES }) };
}

const LIMIT_HEADERS = ["RateLimit", "RateLimit-Policy"] as const;
const CORS_HEADERS = [
  "Access-Control-Allow-Origin",
  "Access-Control-Expose-Headers",
  "Vary",
] as const;

/** The responses of the statuses that these failures have, with what the route fails with itself. */
function withFailures(
  responses: Record<string, DraftAnswer>,
  added: readonly Failure[],
): Record<string, DraftAnswer> {
  const byStatus = Map.groupBy(added, ({ status }) => status);
  return Object.fromEntries(
    Array.from(byStatus, ([status, failures]) => {
      const own = responses[status]?.failures ?? [];
      const { $id, description, examples, headers } = plain(problem([...own, ...failures]));
      // What is in the content is looked up by the name of the schema.
      const content = { "application/json": { schema: {} } };
      return [status, { $id, description, examples, headers, content } as DraftAnswer];
    }),
  );
}

/** How callers show who they are, with what each scope allows. */
const SECURITY_SCHEMES = {
  [BEARER]: {
    type: "http",
    scheme: "bearer",
    bearerFormat: "JWT",
    description: [
      "A token of the configured issuer, verified as RFC8725 advises. Its scopes:",
      ...Object.entries(SCOPES).map(([scope, allowed]) => `- \`${scope}\`: ${allowed}`),
    ].join("\n"),
  },
} as const;
