import { describe, expect, test } from "bun:test";

import { ConfigError } from "../process/config.ts";
import { isSameButPassword, parsePostgresUrl } from "./postgres-url.ts";

function faultOf(url: string): string {
  try {
    parsePostgresUrl(url);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    expect(Bun.inspect(error)).not.toContain("secret");
    return (error as Error).message;
  }
  return "";
}

describe("A Postgres URL", () => {
  test.each([
    ["postgres://u:secret@a,b/name", "several hosts cannot be used. Put a proxy"],
    ["postgres://u:secret@a:1,b:2/name", "several hosts cannot be used. Put a proxy"],
    ["postgres://a,b/name", "several hosts cannot be used. Put a proxy"],
    ["postgres://u:secret@/name?host=a,b", "several hosts cannot be used. Put a proxy"],
    [
      "postgres://u:sec/secret@host/name",
      "special characters of the user and the password escaped",
    ],
    ["postgres://u:12/secret@host/name", "special characters of the user and the password escaped"],
    [
      "postgres://u:sec?secret@host/name",
      "special characters of the user and the password escaped",
    ],
    ["postgres://u:sec#secret@host/name", "/ is %2F, ? is %3F, # is %23, % is %25"],
    ["postgres://u:100%secret@host/name", "/ is %2F, ? is %3F, # is %23, % is %25"],
    ["postgres://u@host", "expected postgres://user:password@host:port/name"],
    ["postgres://u@host/a/b", "expected postgres://user:password@host:port/name"],
    ["postgres://u@host/name?sslmode=allow", "sslmode: expected disable, prefer, require, "],
    ["postgres://u@host/name?prepare=yes", "prepare: expected auto, on or off"],
    ["postgres://u@host/name?target_session_attrs=standby", "target_session_attrs: expected any"],
    ["postgres://u@host/name?connect_timeout=0", "connect_timeout: expected a whole number of sec"],
    ["postgres://u@host/name?connect_timeout=5s", "connect_timeout: expected a whole number"],
    [
      "postgres://u@host/name?connect_timeout=5&connect_timeout_ms=5000",
      "connect_timeout: cannot be combined with connect_timeout_ms",
    ],
    ["postgres://u@host/name?options=-c%20statement_timeout%3D1", "Use statement_timeout_ms"],
    [
      "postgres://u@host/name?pgbouncer=true",
      'unknown parameter "pgbouncer". Leave it out: a pooler',
    ],
    ["postgres://u@host/name?connection_limit=5", "Use pool_max"],
    ["postgres://u@host/name?schema=app", "Use options=-c%20search_path%3DNAME"],
    ["postgres://u@host/name?sslcert=/secret.pem", "A client certificate cannot be used"],
    ["postgres://host/name?password=secret", "Put it before the parameters: postgres://user:"],
    ["postgres://host/name?nonsense=secret", 'unknown parameter "nonsense". Expected pool_max, '],
  ])("%s is refused: %s", (url, reason) => {
    const fault = faultOf(url);
    expect(fault).toStartWith("DATABASE_URL: ");
    expect(fault).toContain(reason);
    expect(fault).not.toContain("\n");
  });

  test.each([
    ["postgres://u:p@host/name", "host", "name"],
    ["postgresql://u:p%40ss%2F@host:5433/a%20b?application_name=x@y", "host", "a b"],
    ["postgres://u:p@ss@host/name", "host", "name"],
    ["postgres://u@[::1]:5432/name", "[::1]", "name"],
    ["postgres://u@%2Frun%2Fpostgresql/name", "/run/postgresql", "name"],
    ["postgres://u@/name?host=/run/postgresql", "/run/postgresql", "name"],
    ["postgres:///name?host=%2Frun%2Fpostgresql", "/run/postgresql", "name"],
    ["postgres://u@localhost:5433/name?host=/run/postgresql", "/run/postgresql", "name"],
  ])("%s leads to %s", (url, hostname, database) => {
    expect(parsePostgresUrl(url)).toMatchObject({ hostname, database });
  });

  test("gives a limit in seconds or in milliseconds", () => {
    for (const [search, connect_timeout_ms] of [
      ["", 5_000],
      ["?connect_timeout=3", 3_000],
      ["?connect_timeout_ms=70", 70],
    ]) {
      const parsed = parsePostgresUrl(`postgres://host/name${search}`);
      expect(parsed).toMatchObject({ connect_timeout_ms });
    }
  });

  test("is the same as another if only the password differs", () => {
    const url = "postgres://u:one@host/name?pool_max=3";
    const isSame = (other: string) =>
      isSameButPassword(parsePostgresUrl(url), parsePostgresUrl(other));
    expect(isSame("postgres://u:two@host/name?pool_max=3")).toBe(true);
    for (const [from, to] of [
      ["u:", "v:"],
      ["host", "other"],
      ["name", "names"],
      ["=3", "=4"],
    ] as const) {
      expect(isSame(url.replace(from, to))).toBe(false);
    }
  });
});
