import { describe, expect, test } from "bun:test";
import { join } from "node:path";

import { Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";

import { temporaryFolder } from "../../tests/support/folders.ts";
import { FAMILY, MakersConfig, ThingsConfig } from "../testing/family.ts";
import {
  ConfigError,
  configOf,
  describeConfig,
  ignoredIn,
  readConfig,
  showChanged,
  showConfig,
} from "./config.ts";
import { whole } from "./variable.ts";

/** An environment with AUTH=on. */
const IDENTITY = {
  AUTH: "on",
  AUTH_SECRET: "a-secret-of-32-bytes-and-more-of-them",
  AUTH_ISSUER: "https://issuer.example.com/",
  AUTH_AUDIENCE: "shop",
};

/** The faults of this environment; empty if it is accepted. */
function faults(environment: Record<string, string | undefined>): string {
  try {
    readConfig(ThingsConfig, environment);
    return "";
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as ConfigError).message;
  }
}

test("An empty environment gives a configuration that works on one machine", () => {
  expect(readConfig(ThingsConfig, {})).toMatchObject({
    HOST: "127.0.0.1",
    PORT: 7071,
    DATABASE_URL: "sqlite://data/things.db",
    MAKERS_URL: "http://localhost:7070",
    MAKERS_TIMEOUT_MS: 2_000,
    LOG_LEVEL: "info",
    LOG_FORMAT: "json",
    MAX_BODY_BYTES: 65_536,
  });
  expect(readConfig(MakersConfig, {})).toMatchObject({ PORT: 7070 });
});

test("A service can have variables of its own, also one that begins like those of a call", () => {
  const [makers, things] = FAMILY;
  const MAKERS_MAX = whole([1, 9], { description: "Maximum number of makers", default: 5 });
  const own = configOf(makers, FAMILY, { MAKERS_MAX });
  expect(readConfig(own, { MAKERS_MAX: "7" })).toMatchObject({ PORT: 7070, MAKERS_MAX: 7 });
  expect(() => readConfig(own, { MAKERS_MAX: "0" })).toThrow("MAKERS_MAX: expected");
  expect(describeConfig(own)).toContain("MAKERS_MAX [5]");
  for (const name of ["PORT", "DOCS_LINKS", "MAKERS_TIMEOUT_MS"]) {
    for (const service of [makers, things]) {
      const taken = () => configOf(service, FAMILY, { [name]: MAKERS_MAX });
      expect(taken).toThrow(`${service.name}: the variable ${name} exists already`);
    }
  }
});

test("Every default matches the schema of its variable", () => {
  for (const schema of [MakersConfig, ThingsConfig]) {
    const environment = Object.entries(schema.properties).map(
      ([name, { default: value }]) => [name, String(value)] as const,
    );
    const read = readConfig(schema, { ...Object.fromEntries(environment), HOST: "::1" });
    // AUTH is set here, and not there.
    const unset = { ...readConfig(schema, {}), HOST: "::1", DOCS_LINKS: "" };
    expect(read).toEqual(unset as typeof read);
  }
});

test("An empty variable counts as not set", () => {
  expect(readConfig(ThingsConfig, { PORT: "", MAKERS_URL: "", AUTH: "", HOST: "" })).toEqual(
    readConfig(ThingsConfig, {}),
  );
});

test("A service listens on loopback if AUTH is not set, and on all addresses if it is", () => {
  expect(readConfig(MakersConfig, {}).HOST).toBe("127.0.0.1");
  expect(readConfig(MakersConfig, IDENTITY).HOST).toBe("0.0.0.0");
  expect(readConfig(MakersConfig, { AUTH: "off" }).HOST).toBe("0.0.0.0");
  expect(readConfig(MakersConfig, { AUTH: "off", HOST: "" }).HOST).toBe("0.0.0.0");
  expect(readConfig(MakersConfig, { AUTH: "off", HOST: "10.0.0.1" }).HOST).toBe("10.0.0.1");
});

test("Metrics are open by default, and only for admins with AUTH=on", () => {
  expect(readConfig(MakersConfig, {}).METRICS).toBe("open");
  expect(readConfig(MakersConfig, IDENTITY).METRICS).toBe("admin");
  expect(readConfig(MakersConfig, { ...IDENTITY, METRICS: "open" }).METRICS).toBe("open");
});

test("AUTH is required on an address that other machines can reach", () => {
  expect(faults({ HOST: "0.0.0.0" })).toBe(
    "AUTH: set it to on or off, because other machines can reach HOST",
  );
});

test("All faults are reported together, each with the expected value", () => {
  const environment = { PORT: "http", LOG_FORMAT: "xml", MAKERS_URL: "localhost:8080", AUTH: "on" };
  expect(faults(environment)).toBe(
    [
      "LOG_FORMAT: expected json or pretty",
      "PORT: expected a whole number from 0 to 65535",
      "MAKERS_URL: expected text like http://localhost:7070",
      "AUTH_ISSUER: required with AUTH=on",
      "AUTH_AUDIENCE: required with AUTH=on",
      "AUTH_SECRET: required with AUTH=on, unless AUTH_JWKS_URL is set",
    ].join("; "),
  );
});

test.each([
  ["PORT", ["65536", "-1", "1.5", "0x50", "1e3", " 80", "80 ", "NaN", "99999999999999999999"]],
  ["LOG_LEVEL", ["INFO", "trace", "info,debug"]],
  ["MAX_BODY_BYTES", ["0", "64k", "100000001"]],
  ["MAKERS_TIMEOUT_MS", ["0", "240001", "2s"]],
  ["AUTH", ["no", "OFF", "false"]],
  ["ALLOWED_HOSTS", ["localhost:8080", "a b", "a,,b", ",", "*", "http://a", "::1", "a, b"]],
  [
    "ALLOWED_HOSTS",
    [".ngrok.app", "..", ".", "a..b", "*.", "*..a", "a.*", "*.*.a", "*a.b", "a,.b"],
  ],
  ["ALLOWED_HOSTS", ["*.10.0.0.1", "1.2.3.999", "[::g]", "[1]", `${"a".repeat(64)}.b`, "*.[::1]"]],
  ["IDLE_TIMEOUT_SECONDS", ["256", "-1", "1m", "75s", "0.5"]],
  ["AUTH_ISSUER", ["a b", "é"]],
  ["RATE_LIMIT", ["100", "0/60s", "100/0s", "100/60", "100/1m", "on"]],
  ["MAX_CONNECTIONS", ["0", "-1", "1e3", "12345678", "off"]],
  ["MAX_IN_FLIGHT", ["0", "-1"]],
  ["CORS_ORIGIN", ["*", "https://a.example.com, https://b.example.com"]],
  ["DATABASE_URL", ["makers.db", "mysql://h/d", "sqlite://", "sqlite:x"]],
  [
    "MAKERS_URL",
    [
      "makers:8080",
      "ftp://makers",
      "http://",
      "http://a b",
      "http://u:p@h",
      "http://u//",
      "http://u/v1//",
      "http://u/v1/../v2",
      "http://u/.",
      "http://u/v1?a",
      "http://u/v1#a",
      "http://u/%2e%2e",
    ],
  ],
])("%s rejects each of %j", (name, values) => {
  for (const value of values) expect(faults({ [name]: value })).toStartWith(`${name}: expected `);
});

test.each([
  "*.example.com",
  "a.example.com.",
  "my_host",
  "*.localhost,[::1],10.0.0.1",
  "xn--mnchen-3ya.de",
])("ALLOWED_HOSTS accepts %s", (ALLOWED_HOSTS) => expect(faults({ ALLOWED_HOSTS })).toBe(""));

test.each([
  "http://makers",
  "http://makers:8080/",
  "https://makers.example.com",
  "http://[::1]:8080",
  "http://makers/shop/makers-api",
  "https://makers.example.com:8443/shop/v1.2/",
])("MAKERS_URL accepts %s", (url) => {
  expect(faults({ MAKERS_URL: url })).toBe("");
  expect(URL.canParse(url)).toBe(true);
});

test("No message shows a value, because it may be a secret in the wrong variable", () => {
  const names = Object.entries(ThingsConfig.properties)
    .filter(([, variable]) => !Value.Check(variable, "hunter2"))
    .map(([name]) => name);
  const environment = Object.fromEntries(names.map((name) => [name, "hunter2"]));
  const message = [faults(environment), ...ignoredIn(ThingsConfig, environment)].join("; ");
  expect(names.length).toBeGreaterThan(8);
  for (const name of names)
    expect(message).toMatch(new RegExp(`${name}(?: is ignored)?: expected `));
  expect(message).not.toContain("hunter2");
});

test("Variables outside the schema are ignored", () => {
  const schema = Type.Object({ A: Type.String({ default: "a" }) });
  expect(readConfig(schema, { A: "b", B: "c" })).toEqual({ A: "b" });
});

describe("A variable in a file", () => {
  const { AUTH_SECRET, ...rest } = IDENTITY;

  async function secretIn(content: string | Uint8Array): Promise<string> {
    using folder = temporaryFolder();
    const path = join(folder.path, "secret");
    await Bun.write(path, content);
    return readConfig(MakersConfig, { ...rest, AUTH_SECRET_FILE: path }).AUTH_SECRET;
  }

  test.each([
    ["none", ""],
    ["LF", "\n"],
    ["CRLF", "\r\n"],
  ])("loses at most one newline at its end: %s", async (_what, end) => {
    expect(await secretIn(`${AUTH_SECRET}${end}`)).toBe(AUTH_SECRET);
    expect(await secretIn(` ${AUTH_SECRET}\n${end || "\n"}`)).toBe(` ${AUTH_SECRET}\n`);
  });

  test("can be the database URL", async () => {
    using folder = temporaryFolder();
    const path = join(folder.path, "url");
    await Bun.write(path, "postgres://user:password@host/name\n");
    expect(readConfig(MakersConfig, { DATABASE_URL_FILE: path }).DATABASE_URL).toBe(
      "postgres://user:password@host/name",
    );
  });

  test("is rejected if the variable itself is set too", () => {
    expect(faults({ ...IDENTITY, AUTH_SECRET_FILE: "/nowhere" })).toBe(
      "AUTH_SECRET: cannot be combined with AUTH_SECRET_FILE",
    );
  });

  test("is rejected if the file is missing, without its path in the error", () => {
    expect(faults({ ...rest, AUTH_SECRET_FILE: "/nowhere/hunter2" })).toBe(
      "AUTH_SECRET: the file in AUTH_SECRET_FILE cannot be read: ENOENT",
    );
  });

  test.each([
    ["empty", "\n", "the file in AUTH_SECRET_FILE is empty"],
    ["too short", "hunter2", "each needs 32 bytes or more"],
    [
      "not text",
      new Uint8Array([0xff, 0xfe]),
      "the file in AUTH_SECRET_FILE cannot be read: it is not UTF-8",
    ],
  ])("is rejected if it is %s", (_what, content, why) => {
    expect(secretIn(content)).rejects.toThrow(`AUTH_SECRET: ${why}`);
  });

  test("is read only for variables that the table lists with _FILE", () => {
    const table = describeConfig(MakersConfig);
    expect(table).toContain("AUTH_SECRET_FILE");
    expect(table).toContain("DATABASE_URL_FILE");
    expect(table).not.toContain("PORT_FILE");
    expect(faults({ PORT_FILE: "/nowhere" })).toBe("");
  });
});

test("things requires MAKERS_TOKEN_FILE if AUTH_JWKS_URL is set", () => {
  const { AUTH_SECRET: _, ...rest } = IDENTITY;
  const keySet = { ...rest, AUTH_JWKS_URL: "https://issuer.example.com/jwks" };
  expect(faults(keySet)).toBe("MAKERS_TOKEN_FILE: required with AUTH_JWKS_URL");
  expect(faults({ ...keySet, MAKERS_TOKEN_FILE: "/run/token" })).toBe("");
  expect(faults(IDENTITY)).toBe("");
  expect(readConfig(MakersConfig, keySet).AUTH_JWKS_URL).toBe(keySet.AUTH_JWKS_URL);
});

test("The configuration is shown without its secrets", () => {
  const environment = { ...IDENTITY, DATABASE_URL: "postgres://user:hunter2@host/name" };
  const shown = showConfig(MakersConfig, readConfig(MakersConfig, environment));
  expect(shown).toMatchObject({
    AUTH: "on",
    AUTH_SECRET: "***",
    DATABASE_URL: "postgres://user:***@host/name",
  });
  const open = showConfig(MakersConfig, readConfig(MakersConfig, {}));
  expect(open["AUTH_SECRET"]).toBe("");
});

test("The table has each variable with its default and its meaning, in 80 columns", () => {
  const table = describeConfig(ThingsConfig);
  const heads = Array.from(table.matchAll(/^ {2}([A-Z_]+) \[.+\]\n {6}\S/gm), ([, name]) => name);
  const first = ["PORT", "HOST", "DATABASE_URL"];
  const others = Object.keys(ThingsConfig.properties).filter((name) => !first.includes(name));
  expect(heads).toEqual([...first, ...others]);
  for (const line of table.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
});

test("What is not as by default is shown, without its secrets", () => {
  const config = readConfig(ThingsConfig, { ...IDENTITY, HOST: "127.0.0.1", RATE_LIMIT: "9/1s" });
  expect(showChanged(ThingsConfig, config)).toEqual({
    ...IDENTITY,
    AUTH_SECRET: "***",
    METRICS: "admin",
    RATE_LIMIT: "9/1s",
  });
});
