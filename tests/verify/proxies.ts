/** The executables behind a forward proxy, which the environment of a machine often names. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";

import { urlVariableOf } from "../../services.ts";
import { caller, IDENTITY } from "../support/callers.ts";
import { startCollector } from "../support/collector.ts";
import { command, executables } from "../support/executables.ts";
import { temporaryFolder } from "../support/folders.ts";
import { type ForwardProxy, startForwardProxy } from "../support/forward-proxy.ts";
import { AUDIENCE, createSigner, ISSUER, sign, type Signer } from "../support/issuer.ts";
import { startService } from "../support/processes.ts";

setDefaultTimeout(240_000);

const IN_ANY_CASE = (name: string) => [name, name.toUpperCase()];
const PLAIN = ["http_proxy", "all_proxy"].flatMap(IN_ANY_CASE);
const SECURE = ["https_proxy", "all_proxy"].flatMap(IN_ANY_CASE);
const ALL = [...new Set([...PLAIN, ...SECURE])];

/** Hosts that only the proxy can reach. */
const [COLLECTOR, ISSUER_HOST] = ["collector.test", "issuer.test"];

const folder = temporaryFolder();
const certificate = join(folder.path, "certificate.pem");
let programs: Awaited<ReturnType<typeof executables>>;
let collector: ReturnType<typeof startCollector>;
let signer: Signer;
let issuer: Bun.Server<undefined>;
let proxy: ForwardProxy;

beforeAll(async () => {
  programs = await executables();
  collector = startCollector();
  signer = await createSigner("1");
  const key = join(folder.path, "key.pem");
  const made = await command(
    `openssl req -x509 -newkey rsa:2048 -nodes -days 1 -keyout ${key} -out ${certificate}
      -subj /CN=${ISSUER_HOST} -addext subjectAltName=DNS:${ISSUER_HOST}`.split(/\s+/),
    { environment: { PATH: process.env["PATH"] ?? "" } },
  );
  if (made.exitCode !== 0) throw new Error(made.stderr);
  issuer = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    tls: { key: Bun.file(key), cert: Bun.file(certificate) },
    fetch: () => Response.json({ keys: [signer.publicJwk] }),
  });
  proxy = await startForwardProxy({
    [COLLECTOR]: Number(new URL(collector.url).port),
    [ISSUER_HOST]: issuer.port ?? 0,
  });
});
afterAll(async () => {
  await proxy.stop();
  await issuer.stop(true);
  await collector.stop();
  folder[Symbol.dispose]();
});

function start(service: "users" | "orders", environment: Record<string, string>) {
  return startService(service, { DATABASE_URL: "sqlite://:memory:", ...environment }, [
    programs[service],
  ]);
}

/** The requests that the proxy gets meanwhile. */
async function askedDuring(work: () => Promise<void>): Promise<string[]> {
  proxy.asked.length = 0;
  await work();
  return [...new Set(proxy.asked)];
}

/** Starts and stops a service that sends a span. */
async function trace(environment: Record<string, string>): Promise<void> {
  const users = await start("users", environment);
  await fetch(`${users.url}/users/1`, { proxy: false });
  expect(await users.stop()).toBe(0);
}

/** The status of a request with a token of the issuer. */
async function statusWith(environment: Record<string, string>): Promise<number> {
  const users = await start("users", {
    AUTH: "on",
    HOST: "127.0.0.1",
    AUTH_ISSUER: ISSUER,
    AUTH_AUDIENCE: AUDIENCE,
    AUTH_JWKS_URL: `https://${ISSUER_HOST}/keys`,
    NODE_EXTRA_CA_CERTS: certificate,
    ...environment,
  });
  const token = await sign(signer, { claims: { sub: "7", scope: "users:read" } });
  const headers = { authorization: `Bearer ${token}` };
  const { status } = await fetch(`${users.url}/users/7`, { headers, proxy: false });
  expect(await users.stop()).toBe(0);
  return status;
}

test("Through no variable does a call to users, a health check or loopback use the proxy", async () => {
  const named = Object.fromEntries(ALL.map((name) => [name, proxy.url]));
  const environment = { ...IDENTITY, ...named, HOST: "127.0.0.1" };
  const OTEL_EXPORTER_OTLP_ENDPOINT = collector.url;
  const before = collector.spans.length;
  const asked = await askedDuring(async () => {
    const users = await start("users", { ...environment, OTEL_EXPORTER_OTLP_ENDPOINT });
    const orders = await start("orders", { ...environment, [urlVariableOf("users")]: users.url });
    const headers = await caller("1", "orders:read");
    const response = await fetch(`${orders.url}/orders?user_id=1`, { headers, proxy: false });
    expect(((await response.json()) as { code: string }).code).toBe("user_not_found");
    for (const [service, { url }] of [["users", users] as const, ["orders", orders] as const]) {
      const check = await command([programs[service], "healthcheck"], {
        environment: { ...environment, PORT: new URL(url).port },
      });
      expect(check).toEqual({ exitCode: 0, stdout: "", stderr: "" });
    }
    for (const running of [orders, users]) expect(await running.stop()).toBe(0);
  });
  expect(asked).toEqual([]);
  expect(proxy.received()).not.toContain("Bearer");
  expect(collector.spans.length).toBeGreaterThan(before);
});

describe("The collector, which is outside, is reached", () => {
  test.each(PLAIN)("through the proxy in %s", async (variable) => {
    const before = collector.spans.length;
    const OTEL_EXPORTER_OTLP_ENDPOINT = `http://${COLLECTOR}:4318`;
    const asked = await askedDuring(() =>
      trace({ OTEL_EXPORTER_OTLP_ENDPOINT, [variable]: proxy.url }),
    );
    expect(asked).toEqual([`POST http://${COLLECTOR}:4318/v1/traces`]);
    expect(collector.spans.length).toBeGreaterThan(before);
  });

  test("directly if NO_PROXY names it", async () => {
    const asked = await askedDuring(() =>
      trace({
        OTEL_EXPORTER_OTLP_ENDPOINT: `http://${COLLECTOR}:4318`,
        OTEL_EXPORTER_OTLP_TIMEOUT: "100",
        HTTP_PROXY: proxy.url,
        NO_PROXY: COLLECTOR,
      }),
    );
    expect(asked).toEqual([]);
  });
});

describe("The key set of the issuer, which is outside, is fetched", () => {
  test.each(SECURE)("through the proxy in %s", async (variable) => {
    const asked = await askedDuring(async () => {
      expect(await statusWith({ [variable]: proxy.url })).toBe(404);
    });
    expect(asked).toEqual([`CONNECT ${ISSUER_HOST}:443`]);
  });

  test("directly if NO_PROXY names it", async () => {
    const asked = await askedDuring(async () => {
      const environment = { HTTPS_PROXY: proxy.url, no_proxy: ISSUER_HOST };
      expect(await statusWith(environment)).toBe(503);
    });
    expect(asked).toEqual([]);
  });
});
