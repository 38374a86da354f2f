/** The parameters in the query string of a Postgres URL, and what to do about those of others. */
import { type Static, type TObject, Type } from "@sinclair/typebox";

import { ConfigError, readConfig } from "../process/config.ts";

const oneOf = <const Word extends string>(words: readonly [Word, ...Word[]]) =>
  Type.Unsafe<Word>(
    Type.Union(
      words.map((word) => Type.Literal(word)),
      { default: words[0] },
    ),
  );
const timeoutMs = Type.Integer({ minimum: 1, maximum: 600_000, default: 5_000 });

/** The first of several words is the default. */
export const PostgresParameters = Type.Object({
  pool_max: Type.Integer({ minimum: 1, maximum: 1_000, default: 8 }),
  connect_timeout_ms: timeoutMs,
  statement_timeout_ms: timeoutMs,
  sslmode: oneOf(["disable", "prefer", "require", "verify-ca", "verify-full"]),
  sslrootcert: Type.String({ default: "" }),
  channel_binding: oneOf(["", "disable", "prefer", "require"]),
  prepare: oneOf(["auto", "on", "off"]),
  target_session_attrs: oneOf(["any", "read-write"]),
  application_name: Type.String({ default: "" }),
  host: Type.String({ default: "" }),
  options: Type.String({ default: "" }),
  connect_timeout: Type.Integer({ minimum: 0, maximum: 600, default: 0 }),
});
export type PostgresParameters = Static<typeof PostgresParameters>;

const SCHEMA = "Use options=-c%20search_path%3DNAME";
const TLS = "Use sslmode";
const POOL = "Use pool_max";
const CLIENT_CERTIFICATE =
  "A client certificate cannot be used: log in with a password, or put a proxy that has the " +
  "certificate before the server";
const BEFORE = "Put it before the parameters: postgres://user:password@host:port/name";
const LEAVE_OUT = "Leave it out";

/** What to do about parameters of other programs that providers put into their URLs. */
const HINTS = new Map([
  ["pgbouncer", `${LEAVE_OUT}: a pooler is found at the start, or set prepare=off`],
  ["prepareThreshold", "Use prepare=off"],
  ["statement_cache_size", "Use prepare=off"],
  ["prepared_statements", "Use prepare=off"],
  ["connection_limit", POOL],
  ["pool_size", POOL],
  ["max", POOL],
  ["pool_timeout", "Use connect_timeout_ms"],
  ["statement_timeout", "Use statement_timeout_ms"],
  ["socket_timeout", "Use statement_timeout_ms"],
  ["schema", SCHEMA],
  ["currentSchema", SCHEMA],
  ["search_path", SCHEMA],
  ["ssl", TLS],
  ["sslaccept", TLS],
  ["requiressl", TLS],
  ["sslcert", CLIENT_CERTIFICATE],
  ["sslkey", CLIENT_CERTIFICATE],
  ["sslpassword", CLIENT_CERTIFICATE],
  ["sslidentity", CLIENT_CERTIFICATE],
  ["gssencmode", `${LEAVE_OUT}: Kerberos cannot be used`],
  ["krbsrvname", `${LEAVE_OUT}: Kerberos cannot be used`],
  ["fallback_application_name", "Use application_name"],
  ["client_encoding", `${LEAVE_OUT}: it is always UTF8`],
  ["hostaddr", "Use the address as the host"],
  ["user", BEFORE],
  ["password", BEFORE],
  ["port", BEFORE],
  ["dbname", BEFORE],
  ["service", "Write out what the service file says"],
  ["passfile", "Set DATABASE_URL_FILE to a file that contains the whole URL"],
  ["load_balance_hosts", "Put a proxy or a DNS name before the servers"],
]);

/** @throws ConfigError that names the first parameter that is unknown or has an invalid value */
export function readParameters(given: Record<string, string>): PostgresParameters {
  const unknown = Object.keys(given).find((one) => !(one in known(PostgresParameters)));
  if (unknown !== undefined) {
    const expected = `Expected ${Object.keys(PostgresParameters.properties).join(", ")}`;
    throw invalid(`unknown parameter "${unknown}". ${HINTS.get(unknown) ?? expected}`);
  }
  const parameters = readAll(given);
  const { connect_timeout: seconds, options } = parameters;
  if (/statement_timeout/.test(options)) {
    throw invalid("options: statement_timeout cannot be set there. Use statement_timeout_ms");
  }
  if (!given["connect_timeout"]) return parameters;
  if (given["connect_timeout_ms"]) {
    throw invalid("connect_timeout: cannot be combined with connect_timeout_ms");
  }
  if (seconds === 0) throw invalid("connect_timeout: expected a whole number of seconds, not 0");
  return { ...parameters, connect_timeout_ms: seconds * 1_000 };
}

/** @param fault what is wrong, and what to do */
export function invalid(fault: string): ConfigError {
  return new ConfigError(`DATABASE_URL: ${fault}`);
}

/** Without the names that every object has, such as `toString`. */
function known({ properties }: TObject): object {
  return Object.assign(Object.create(null) as object, properties);
}

function readAll(given: Record<string, string>): PostgresParameters {
  try {
    return readConfig(PostgresParameters, given);
  } catch (error) {
    throw error instanceof ConfigError ? invalid(error.message) : error;
  }
}
