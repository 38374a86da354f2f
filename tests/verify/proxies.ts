/** The executables behind a forward proxy, which the environment of a machine often names. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";

import { type ServiceName, SERVICES, urlVariableOf } from "../../services.ts";
import { caller, IDENTITY } from "../support/callers.ts";
import { startCollector } from "../support/collector.ts";
import { command, executables } from "../support/executables.ts";
import { FIRST, NONE, ONE } from "../support/first.ts";
import { temporaryFolder } from "../support/folders.ts";
import { type ForwardProxy, startForwardProxy } from "../support/forward-proxy.ts";
import { AUDIENCE, createSigner, ISSUER, sign, type Signer } from "../support/issuer.ts";
import { type Running, startService } from "../support/processes.ts";
import { creationOf, newBody, resourcesOf } from "../support/resources.ts";
import { NAMES } from "../support/services.ts";

setDefaultTimeout(240_000);

const IN_ANY_CASE = (name: string) => [name, name.toUpperCase()];
const PLAIN = ["http_proxy", "all_proxy"].flatMap(IN_ANY_CASE);
const SECURE = ["https_proxy", "all_proxy"].flatMap(IN_ANY_CASE);
const ALL = [...new Set([...PLAIN, ...SECURE])];

/** Hosts that only the proxy can reach. */
const [COLLECTOR, ISSUER_HOST] = ["collector.test", "issuer.test"];

const resources = await resourcesOf(IDENTITY);
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

function start(service: ServiceName, environment: Record<string, string>) {
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
  const service = await start(FIRST, environment);
  await fetch(`${service.url}${ONE}`, { proxy: false });
  expect(await service.stop()).toBe(0);
}

/** The status of a request with a token of the issuer. */
async function statusWith(environment: Record<string, string>): Promise<number> {
  const service = await start(FIRST, {
    AUTH: "on",
    HOST: "127.0.0.1",
    AUTH_ISSUER: ISSUER,
    AUTH_AUDIENCE: AUDIENCE,
    AUTH_JWKS_URL: `https://${ISSUER_HOST}/keys`,
    NODE_EXTRA_CA_CERTS: certificate,
    ...environment,
  });
  const token = await sign(signer, { claims: { sub: "7", scope: `${FIRST}:read` } });
  const headers = { authorization: `Bearer ${token}` };
  const { status } = await fetch(`${service.url}${NONE}`, { headers, proxy: false });
  expect(await service.stop()).toBe(0);
  return status;
}

test("Through no variable does a call, a health check or loopback use the proxy", async () => {
  const named = Object.fromEntries(ALL.map((name) => [name, proxy.url]));
  const environment = { ...IDENTITY, ...named, HOST: "127.0.0.1" };
  const OTEL_EXPORTER_OTLP_ENDPOINT = collector.url;
  const before = collector.spans.length;
  const asked = await askedDuring(async () => {
    const running = {} as Record<ServiceName, Running>;
    for (const { name, calls } of SERVICES) {
      const urls = calls.map((callee) => [urlVariableOf(callee), running[callee].url]);
      const all = { ...environment, OTEL_EXPORTER_OTLP_ENDPOINT, ...Object.fromEntries(urls) };
      running[name] = await start(name, all);
    }
    for (const resource of resources) {
      const { url } = running[resource.service];
      const body = JSON.stringify(newBody(resource, 1, "1"));
      const headers = { ...(await caller("1")), "content-type": "application/json" };
      const path = creationOf(resource).path;
      const response = await fetch(`${url}${path}`, {
        method: "POST",
        headers,
        body,
        proxy: false,
      });
      // The call got there: whether what it asks for exists is no matter here.
      expect([201, 404, 422]).toContain(response.status);
    }
    for (const name of NAMES.toReversed()) {
      const check = await command([programs[name], "healthcheck"], {
        environment: { ...environment, PORT: new URL(running[name].url).port },
      });
      expect(check).toEqual({ exitCode: 0, stdout: "", stderr: "" });
      expect(await running[name].stop()).toBe(0);
    }
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
