/** `bun run postgres`: URLs as providers give them, and what connections then are. */
import { afterAll, beforeAll, expect, test } from "bun:test";

import { temporaryFolder } from "../support/folders.ts";
import type { PostgresServer } from "../support/postgres.ts";
import { createCertificates } from "./support/certificates.ts";
import { setSetting, startDebian, trials } from "./support/debian.ts";
import { errorOf, opened } from "./support/opened.ts";

const SECURED = "SELECT ssl::text AS ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";

trials("A URL", () => {
  const folder = temporaryFolder();
  const other = temporaryFolder();
  let plain: PostgresServer;
  let secured: PostgresServer;
  let trusted: string;
  let foreign: string;

  beforeAll(async () => {
    const { authority, key, certificate } = createCertificates(folder.path);
    trusted = authority;
    foreign = createCertificates(other.path).authority;
    const files = { "server.key": key, "server.crt": certificate };
    [plain, secured] = await Promise.all([startDebian(), startDebian({ ssl: "on" }, files)]);
  });
  afterAll(async () => {
    await Promise.all([plain.stop(), secured.stop()]);
    folder[Symbol.dispose]();
    other[Symbol.dispose]();
  });

  // libpq's table: https://www.postgresql.org/docs/current/libpq-ssl.html
  test("encrypts and verifies as libpq does", async () => {
    const [right, wrong] = [`&sslrootcert=${trusted}`, `&sslrootcert=${foreign}`];
    const forms: [PostgresServer, string, string, boolean | string][] = [
      [secured, "localhost", "?sslmode=disable", false],
      [secured, "127.0.0.1", "?sslmode=prefer", true],
      [secured, "127.0.0.1", `?sslmode=prefer${wrong}`, true],
      [secured, "127.0.0.1", "?sslmode=require", true],
      [secured, "127.0.0.1", `?sslmode=require${right}`, true],
      [secured, "localhost", `?sslmode=require${wrong}`, "unable to verify"],
      [secured, "127.0.0.1", `?sslmode=verify-ca${right}`, true],
      [secured, "localhost", `?sslmode=verify-ca${wrong}`, "unable to verify"],
      [secured, "localhost", "?sslmode=verify-ca", "unable to verify"],
      [secured, "localhost", `?sslmode=verify-full${right}`, true],
      [secured, "127.0.0.1", `?sslmode=verify-full${right}`, "does not match"],
      [secured, "localhost", `?sslmode=verify-full${wrong}`, "unable to verify"],
      [plain, "127.0.0.1", "?sslmode=prefer", false],
      [plain, "127.0.0.1", "?sslmode=require", "does not support SSL"],
    ];
    for (const [server, host, parameters, expected] of forms) {
      const outcome = await isSecured(server, host, parameters).catch(
        ({ message }: Error) => message,
      );
      const form = parameters.replace(trusted, "OURS").replace(foreign, "ANOTHER");
      if (typeof expected === "boolean")
        expect([host, form, outcome]).toEqual([host, form, expected]);
      else expect(`${host} ${form} ${outcome}`).toContain(expected);
    }
  });

  test("with sslmode=prefer does without TLS where the server refuses it", async () => {
    const file = `${secured.data}/pg_hba.conf`;
    const before = await Bun.file(file).text();
    await Bun.write(file, "hostnossl all all all scram-sha-256\n");
    await setSetting(secured, "log_disconnections", "on");
    while ((await errorOf(isSecured(secured, "127.0.0.1", "?sslmode=require"))).name === "Error");
    expect(await isSecured(secured, "127.0.0.1", "?sslmode=prefer")).toBe(false);
    await Bun.write(file, before);
    await setSetting(secured, "log_disconnections", "off");
  });

  test("binds the login to the certificate with channel_binding=require", async () => {
    const form = "?sslmode=require&channel_binding=require";
    expect(await isSecured(secured, "localhost", form)).toBe(true);
    const error = await errorOf(opened(`${plain.url}?channel_binding=require`));
    expect(error.message).toContain("channel binding required");
  });

  test("may name the folder of a socket", async () => {
    const url = new URL(plain.url);
    const [user, port] = [`${url.username}:${url.password}`, plain.port];
    const escaped = encodeURIComponent(plain.data);
    for (const form of [
      `postgres://${user}@${escaped}:${port}/postgres`,
      `postgres://${user}@:${port}/postgres?host=${escaped}`,
      `postgres://${user}@localhost:${port}/postgres?host=${plain.data}`,
    ]) {
      await using open = await opened(form);
      const text = "SELECT inet_client_addr()::text AS address";
      expect(await open.database.read(text, [])).toEqual([{ address: null }]);
    }
  });

  test.each([
    ["", "application_name", "trials"],
    ["?application_name=my%20app", "application_name", "my app"],
    ["?options=-c%20search_path%3Dpublic%20-c%20work_mem%3D5MB", "search_path", "public"],
    ["?options=-c%20search_path%3Dpublic%20-c%20work_mem%3D5MB", "work_mem", "5MB"],
    ["?statement_timeout_ms=1234", "statement_timeout", "1234ms"],
    ["", "plan_cache_mode", "force_generic_plan"],
    ["?connect_timeout=3", "idle_in_transaction_session_timeout", "5s"],
    ["?target_session_attrs=read-write", "transaction_read_only", "off"],
  ])("%s sets: %#", async (parameters, name, value) => {
    await using open = await opened(`${plain.url}${parameters}`);
    const text = "SELECT current_setting($1) AS value";
    expect(await open.database.read(text, [name])).toEqual([{ value }]);
  });
});

async function isSecured(server: PostgresServer, hostname: string, parameters: string) {
  const url = new URL(server.url);
  url.hostname = hostname;
  await using open = await opened(`${url.href}${parameters}`);
  const [row] = await open.database.read(SECURED, []);
  return row?.["ssl"] === "true";
}
