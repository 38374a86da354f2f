import { expect, test } from "bun:test";

import { Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";

import { OrdersConfig } from "../../orders/config.ts";
import { UsersConfig } from "../../users/config.ts";
import { ConfigError, describeConfig, readConfig } from "./config.ts";

/** What is said of this environment; nothing if it is accepted. */
function faults(environment: Record<string, string | undefined>): string {
  try {
    readConfig(OrdersConfig, environment);
    return "";
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as ConfigError).message;
  }
}

test("an empty environment is the configuration that works on one machine", () => {
  expect(readConfig(OrdersConfig, {})).toMatchObject({
    HOST: "127.0.0.1",
    PORT: 8081,
    DATABASE_URL: "sqlite://data/orders.db",
    USERS_URL: "http://localhost:8080",
    USERS_TIMEOUT_MS: 2_000,
    LOG_LEVEL: "info",
    LOG_FORMAT: "json",
    MAX_BODY_BYTES: 65_536,
  });
  expect(readConfig(UsersConfig, {})).toMatchObject({ PORT: 8080 });
});

test("every default fits the schema of its variable", () => {
  for (const schema of [UsersConfig, OrdersConfig]) {
    const environment = Object.entries(schema.properties).map(
      ([name, { default: value }]) => [name, String(value)] as const,
    );
    const read = readConfig(schema, { ...Object.fromEntries(environment), HOST: "::1" });
    expect(read).toEqual({ ...readConfig(schema, {}), HOST: "::1" } as typeof read);
  }
});

test("an empty variable is one that is not set", () => {
  expect(readConfig(OrdersConfig, { PORT: "", USERS_URL: "", AUTH: "", HOST: "" })).toEqual(
    readConfig(OrdersConfig, {}),
  );
});

test("without AUTH=off by name a service listens on loopback; with it, on all addresses", () => {
  expect(readConfig(UsersConfig, {}).HOST).toBe("127.0.0.1");
  expect(readConfig(UsersConfig, { AUTH: "off" }).HOST).toBe("0.0.0.0");
  expect(readConfig(UsersConfig, { AUTH: "off", HOST: "" }).HOST).toBe("0.0.0.0");
  expect(readConfig(UsersConfig, { AUTH: "off", HOST: "10.0.0.1" }).HOST).toBe("10.0.0.1");
});

test("every fault is told at once, each with what was expected", () => {
  const environment = { PORT: "http", LOG_FORMAT: "xml", USERS_URL: "localhost:8080", HOST: "::" };
  expect(faults(environment)).toBe(
    [
      "LOG_FORMAT: expected json or pretty",
      "PORT: expected a whole number from 0 to 65535",
      "USERS_URL: expected text like http://localhost:8080",
    ].join("; "),
  );
});

test.each([
  ["PORT", ["65536", "-1", "1.5", "0x50", "1e3", " 80", "80 ", "NaN", "99999999999999999999"]],
  ["LOG_LEVEL", ["INFO", "trace", "info,debug"]],
  ["MAX_BODY_BYTES", ["0", "64k", "100000001"]],
  ["USERS_TIMEOUT_MS", ["0", "60001", "2s"]],
  ["AUTH", ["no", "OFF", "false"]],
  ["ALLOWED_HOSTS", ["localhost:8080", "a b", "a,,b", ",", "*", "http://a", "::1", "a, b"]],
  ["DATABASE_URL", ["users.db", "mysql://h/d", "sqlite://", "sqlite:x"]],
  [
    "USERS_URL",
    ["users:8080", "ftp://users", "http://", "http://u/v1", "http://a b", "http://u:p@h"],
  ],
])("%s may not be any of %j", (name, values) => {
  for (const value of values) expect(faults({ [name]: value })).toStartWith(`${name}: expected `);
});

test.each(["http://users", "http://users:8080/", "https://users.example.com", "http://[::1]:8080"])(
  "USERS_URL may be %s",
  (url) => {
    expect(faults({ USERS_URL: url })).toBe("");
    expect(URL.canParse(url)).toBe(true);
  },
);

test("no message shows a value, since it may be a secret in the wrong place", () => {
  const names = Object.entries(OrdersConfig.properties)
    .filter(([, variable]) => !Value.Check(variable, "hunter2"))
    .map(([name]) => name);
  const message = faults(Object.fromEntries(names.map((name) => [name, "hunter2"])));
  expect(message.split("; ")).toHaveLength(names.length);
  expect(message).not.toContain("hunter2");
});

test("what the schema does not name is not read", () => {
  const schema = Type.Object({ A: Type.String({ default: "a" }) });
  expect(readConfig(schema, { A: "b", B: "c" })).toEqual({ A: "b" });
});

test("the table of the variables has a line for each, with meaning and default", () => {
  const table = describeConfig(OrdersConfig).split("\n");
  expect(table).toHaveLength(Object.keys(OrdersConfig.properties).length);
  for (const line of table) expect(line).toMatch(/^ {2}[A-Z_]+ +\S.* \[.+\]$/);
});
