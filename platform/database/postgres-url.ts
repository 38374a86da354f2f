/** The URL of a Postgres database. */
import { Type } from "@sinclair/typebox";

import { ConfigError, readConfig } from "../process/config.ts";

/** The parameters in the query string of the URL. */
const Parameters = Type.Object({
  pool_max: Type.Integer({ minimum: 1, maximum: 1_000, default: 8 }),
  connect_timeout_ms: Type.Integer({ minimum: 1, maximum: 600_000, default: 5_000 }),
  statement_timeout_ms: Type.Integer({ minimum: 1, maximum: 600_000, default: 5_000 }),
  sslmode: Type.Union(
    [
      Type.Literal("disable"),
      Type.Literal("prefer"),
      Type.Literal("require"),
      Type.Literal("verify-ca"),
      Type.Literal("verify-full"),
    ],
    { default: "disable" },
  ),
  sslrootcert: Type.String({ default: "" }),
});

/** @throws ConfigError for an invalid URL or an unknown parameter */
export function parseDatabaseUrl(text: string) {
  const url = URL.parse(text);
  if (!url?.hostname || url.pathname.length < 2 || !isDecodable(text)) {
    throw new ConfigError("DATABASE_URL: expected postgres://user:password@host:port/name");
  }
  const given = Object.fromEntries(url.searchParams);
  const unknown = Object.keys(given).filter((name) => !Object.hasOwn(Parameters.properties, name));
  if (unknown.length > 0) {
    const known = Object.keys(Parameters.properties).join(", ");
    throw new ConfigError(`DATABASE_URL: unknown parameter "${unknown[0]}". Expected ${known}`);
  }
  const parameters = readParameters(given);
  // Bun reads the remaining ones: sslmode and sslrootcert.
  for (const name of ["pool_max", "connect_timeout_ms", "statement_timeout_ms"]) {
    url.searchParams.delete(name);
  }
  return { url, ...parameters };
}

/** Whether every `%` starts a valid escape: Bun's client decodes the parts of the URL. */
function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

function readParameters(given: Record<string, string>) {
  try {
    return readConfig(Parameters, given);
  } catch (error) {
    throw error instanceof ConfigError ? new ConfigError(`DATABASE_URL: ${error.message}`) : error;
  }
}
