/** Documents the checks of requests: exactly the active ones. */
import type { Failure } from "../http/failure.ts";
import {
  insufficientScope,
  invalidToken,
  keysUnavailable,
  malformedToken,
  tokenNeeded,
  tooManyRequests,
} from "../http/failures.ts";
import { BEARER } from "../http/security.ts";
import type { Scopes } from "../identity/scopes.ts";
import { mapValues, plain } from "./document.ts";
import type { Draft, DraftOperation, DraftResponse } from "./finish.ts";
import { type HeaderName, headersOf, problem } from "./responses.ts";

/** Which checks are active. */
export interface Checks {
  /** Callers need a token with some of these scopes. Default: none is needed */
  scopes?: Scopes | undefined;
  /** The keys come from an issuer, which may be unreachable. Default: false */
  remoteKeys?: boolean;
  /** There is a rate limit. Default: false */
  limit?: boolean;
  /** Cross-origin requests are allowed. Default: false */
  cors?: boolean;
}

/** The failures that follow from each check. */
export const CHECK_FAILURES = {
  authentication: [malformedToken, tokenNeeded, invalidToken, insufficientScope],
  remoteKeys: [keysUnavailable],
  limit: [tooManyRequests],
} as const;

/**
 * Adds the active checks to a draft: the required scopes, their failures, and their headers in
 * every response. Omits what is not active, even if routes declare it.
 */
export function withChecks(draft: Draft, { scopes, remoteKeys, limit, cors }: Checks = {}): Draft {
  const added = [
    ...(scopes ? CHECK_FAILURES.authentication : []),
    ...(remoteKeys ? CHECK_FAILURES.remoteKeys : []),
    ...(limit ? CHECK_FAILURES.limit : []),
  ];
  const names: HeaderName[] = [...(limit ? LIMIT_HEADERS : []), ...(cors ? CORS_HEADERS : [])];

  const headers = plain(headersOf(names)) as DraftResponse["headers"];
  const response = (draft: DraftResponse): DraftResponse => ({
    ...draft,
    headers: { ...draft.headers, ...headers },
  });

  function operation({ security = [], ...draft }: DraftOperation): DraftOperation {
    const responses = { ...draft.responses, ...withFailures(draft.responses, added) };
    return {
      ...draft,
      responses: mapValues(responses, response),
      ...(scopes && { security }),
    };
  }

  const paths = mapValues(draft.paths, (operations) => mapValues(operations, operation));
  return { ...draft, paths, ...(scopes && { securitySchemes: schemeOf(scopes) }) };
}

const LIMIT_HEADERS = ["RateLimit", "RateLimit-Policy"] as const;
const CORS_HEADERS = [
  "Access-Control-Allow-Origin",
  "Access-Control-Expose-Headers",
  "Vary",
] as const;

/**
 * Returns the responses with the statuses of these failures, including the route's own failures.
 */
function withFailures(
  responses: Record<string, DraftResponse>,
  added: readonly Failure[],
): Record<string, DraftResponse> {
  const byStatus = Map.groupBy(added, ({ status }) => status);
  return Object.fromEntries(
    Array.from(byStatus, ([status, failures]) => {
      const own = responses[status]?.failures ?? [];
      const { $id, description, examples, headers } = plain(problem([...own, ...failures]));
      // The finished schema is looked up by its `$id`.
      const content = { "application/json": { schema: {} } };
      return [status, { $id, description, examples, headers, content } as DraftResponse];
    }),
  );
}

/** Returns the authentication scheme, with a description of each scope. */
function schemeOf(scopes: Scopes): NonNullable<Draft["securitySchemes"]> {
  const allowed = Object.entries(scopes).map(([scope, allows]) => `- \`${scope}\`: ${allows}`);
  const description = [
    "A token of the configured issuer, verified as RFC8725 advises. Its scopes:",
    ...allowed,
  ].join("\n");
  return { [BEARER]: { type: "http", scheme: "bearer", bearerFormat: "JWT", description } };
}
