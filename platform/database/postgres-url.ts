/** The URL of a Postgres database. */
import type { ConfigError } from "../process/config.ts";
import { invalid, type PostgresParameters, readParameters } from "./postgres-parameters.ts";

export interface PostgresUrl extends PostgresParameters {
  /** For Bun's client, which takes the parameters `sslmode` and `sslrootcert` from it. */
  url: URL;
  /** A server's name or address, or the folder of its socket. */
  hostname: string;
  database: string;
  /** What to call the database in a message: no user, no password. */
  place: string;
}

const EXPECTED = "expected postgres://user:password@host:port/name";
const ESCAPES =
  `${EXPECTED}, with special characters of the user and the password escaped: @ is %40, : is ` +
  "%3A, / is %2F, ? is %3F, # is %23, % is %25";

/** `a@b,c`: libpq takes several hosts. */
const SEVERAL_HOSTS = /^\w+:\/\/(?:[^/?#]*@)?[^/?#@]*,/;
/** libpq takes the host from the parameters: `user@/name?host=/run/postgresql`. */
const NO_HOST = /^(\w+:\/\/(?:[^/?#]*@)?)(?=[:/])/;

/** @throws ConfigError for an invalid URL or an unknown parameter; it shows no value */
export function parsePostgresUrl(text: string): PostgresUrl {
  if (SEVERAL_HOSTS.test(text)) throw severalHosts();
  const url = URL.parse(/[?&]host=/.test(text) ? text.replace(NO_HOST, "$1localhost") : text);
  if (!url?.hostname || url.hash || !isDecodable(text)) throw invalid(expectedOf(text));
  const { pathname } = url;
  if (pathname.length < 2 || /[/@]/.test(pathname.slice(1))) throw invalid(expectedOf(text));
  const parameters = readParameters(Object.fromEntries(url.searchParams));
  const hostname = parameters.host || decodeURIComponent(url.hostname);
  if (hostname.includes(",")) throw severalHosts();
  const database = decodeURIComponent(pathname.slice(1));
  url.search = searchForBun(url.searchParams, parameters).toString();
  const place = `the database ${database} at ${parameters.host || url.host}`;
  return { ...parameters, url, hostname, database, place };
}

/** Whether all but the password is the same: a new connection is enough to use the new one. */
export function isSameButPassword(one: PostgresUrl, other: PostgresUrl): boolean {
  const withoutPassword = ({ url, ...rest }: PostgresUrl) => {
    const copy = new URL(url);
    copy.password = "";
    return JSON.stringify([copy.href, rest]);
  };
  return withoutPassword(one) === withoutPassword(other);
}

/** With a file of certificates, Bun is stricter than libpq unless the mode is verify-ca or -full. */
function searchForBun(given: URLSearchParams, { sslmode, sslrootcert }: PostgresParameters) {
  const search = new URLSearchParams();
  if (given.has("sslmode")) {
    search.set("sslmode", sslmode === "require" && sslrootcert ? "verify-ca" : sslmode);
  }
  if (sslrootcert && sslmode !== "prefer") search.set("sslrootcert", sslrootcert);
  return search;
}

function severalHosts(): ConfigError {
  return invalid(
    "several hosts cannot be used. Put a proxy such as HAProxy, or a DNS name that follows the " +
      "primary, before them",
  );
}

/** A password with a special character is the usual mistake: then the URL ends in the middle. */
function expectedOf(text: string): string {
  return /:\/\/[^/?#@]*:.*@|%/s.test(text) ? ESCAPES : EXPECTED;
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
