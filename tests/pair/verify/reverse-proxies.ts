/**
 * The executables behind nginx and HAProxy, each with the configuration of docs/proxies.md. Without
 * Debian's packages the tests are skipped; with REQUIRE_PROXIES=1 they fail.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";

import { type ServiceName, SERVICES, urlVariableOf } from "../../../services.ts";
import type { Problem } from "../../../shared/types.ts";
import { json, nextPage } from "../../support/ask.ts";
import { CHROMIUM, CHROMIUM_MISSING, launchChromium } from "../../support/chromium.ts";
import { exchange, statuses } from "../../support/connection.ts";
import { command, executables } from "../../support/executables.ts";
import { temporaryFolder } from "../../support/folders.ts";
import { type Running, startService } from "../../support/processes.ts";
import {
  MISSING,
  type ProxyName,
  type ReverseProxy,
  shownFor,
  startReverseProxy,
} from "../../support/reverse-proxy.ts";
import { freePort } from "../../support/server-folder.ts";
import { NAMES } from "../../support/services.ts";

setDefaultTimeout(120_000);

const HOST = "shop.example.com";
const baseOf = (name: ServiceName) => `/shop/${name}-api`;
const PROXIES: readonly ProxyName[] = ["nginx", "haproxy"];

/** How the configurations of the page become those that strip the path, as the page says. */
const STRIPPING: Record<ProxyName, (shown: string) => string> = {
  nginx: (shown) => shown.replaceAll(/(proxy_pass http:\/\/\w+);/g, "$1/;"),
  haproxy: (shown) =>
    shown.replaceAll(/^backend (\w+)$/gm, (head, name: ServiceName) => {
      return `${head}\n  http-request replace-path ${baseOf(name)}(/.*) \\1`;
    }),
};

/** What the page says to leave out. */
const COMPRESSING: Record<ProxyName, (shown: string) => string> = {
  nginx: (shown) =>
    shown.replace("gzip off;", "gzip on; gzip_types application/json; gzip_min_length 1;"),
  haproxy: (shown) =>
    shown.replace(
      /^frontend/m,
      "  compression algo gzip\n  compression type application/json\n\nfrontend",
    ),
};

const folder = temporaryFolder();
const services = {} as Record<ServiceName, Running>;
/** The proxies of the tests, by the name of their kind; `keeping` is as the page shows it. */
const running: Record<string, ReverseProxy> = {};
const trials = PROXIES.flatMap((proxy) =>
  ["keeping", "stripping"].map((kind) => ({ proxy, kind })),
);

/** The configuration of the page for the services of the tests. */
async function configurationOf(proxy: ProxyName): Promise<string> {
  const shown = await shownFor(proxy);
  return SERVICES.reduce((text, { name, port }) => {
    expect(text).toContain(`127.0.0.1:${port}`);
    return text.replace(`127.0.0.1:${port}`, new URL(services[name].url).host);
  }, shown);
}

async function start(): Promise<void> {
  const programs = await executables();
  // `orders` calls `users` through a proxy, and each proxy needs the ports of both.
  const gateway = freePort();
  for (const { name, calls } of SERVICES) {
    const environment: Record<string, string> = {
      PORT: "0",
      DATABASE_URL: `sqlite://${folder.path}/${name}.db`,
      BASE_PATH: baseOf(name),
      ALLOWED_HOSTS: `*.example.com,127.0.0.1`,
      USERS_CACHE_TTL_MS: "0",
      USERS_STALE_MS: "0",
    };
    for (const other of calls) {
      environment[urlVariableOf(other)] = `http://127.0.0.1:${gateway}${baseOf(other)}`;
    }
    const seeded = await command([programs[name], "seed"], { environment });
    expect(seeded).toMatchObject({ exitCode: 0 });
    services[name] = await startService(name, environment, [programs[name]]);
  }
  for (const proxy of PROXIES) {
    const keeping = await configurationOf(proxy);
    running[`${proxy} keeping`] = await startReverseProxy(
      proxy,
      keeping,
      proxy === "nginx" ? gateway : undefined,
    );
    running[`${proxy} stripping`] = await startReverseProxy(proxy, STRIPPING[proxy](keeping));
    running[`${proxy} compressing`] = await startReverseProxy(proxy, COMPRESSING[proxy](keeping));
  }
}

async function stop(): Promise<void> {
  for (const proxy of Object.values(running)) await proxy[Symbol.asyncDispose]();
  for (const service of Object.values(services)) expect(await service.stop()).toBe(0);
  folder[Symbol.dispose]();
}

/** Sends a request through a proxy, as a client of the shop. */
function send(kind: string, path: string, { headers, ...init }: RequestInit = {}) {
  return fetch(`${running[kind]?.url}${path}`, {
    redirect: "manual",
    ...init,
    headers: { ...(headers as Record<string, string>), host: HOST },
  });
}

if (MISSING.length === 0) {
  beforeAll(start);
  afterAll(stop);
  describe.each(trials)("Behind $proxy $kind the path", ({ proxy, kind }) =>
    behind(`${proxy} ${kind}`),
  );
  describe.each([...PROXIES])("Behind %s", besides);
  describe("Swagger UI behind nginx", page);
} else {
  const missing = `install Debian's packages ${MISSING.join(", ")}`;
  if (process.env["REQUIRE_PROXIES"] === "1") {
    test("The services work behind proxies", () => {
      throw new Error(missing);
    });
  } else test.skip(`The services work behind proxies: ${missing}`, () => {});
}

function behind(kind: string) {
  const [users, orders] = [baseOf("users"), baseOf("orders")];

  test("a created order is where its Location says, and has called users behind the proxy", async () => {
    const order = { user_id: "1", amount: 1 };
    const created = await send(kind, `${orders}/orders`, json("POST", order));
    expect(created.status).toBe(201);
    const location = created.headers.get("location") ?? "";
    expect(location).toStartWith(`${orders}/orders/`);
    const found = await send(kind, location);
    expect([found.status, await found.json()]).toEqual([200, await created.json()]);
    const nobody = { user_id: "nobody", amount: 1 };
    expect((await send(kind, `${orders}/orders`, json("POST", nobody))).status).toBe(422);
  });

  test("Link leads to the next page", async () => {
    const first = await send(kind, `${users}/users?limit=1`);
    const next = nextPage(first) ?? "";
    expect(next).toStartWith(`${users}/users?`);
    const [[one], [two]] = [await first.json(), await (await send(kind, next)).json()] as any;
    expect([one.id, two.id]).toEqual(["1", "2"]);
  });

  test.each(NAMES)(
    "a browser is led from the root of %s to its own page and document",
    async (name) => {
      const headers = { accept: "text/html" };
      const root = await send(kind, `${baseOf(name)}/`, { headers });
      expect([root.status, root.headers.get("location")]).toEqual([302, `${baseOf(name)}/swagger`]);
      for (const at of [`${baseOf(name)}/swagger`, `${baseOf(name)}/swagger/`]) {
        const html = await (await send(kind, at, { headers })).text();
        const parts = Array.from(
          html.matchAll(/(?:src=|href=|"url":)"([^"]+)"/g),
          ([, part]) => part,
        );
        const own = parts.filter((part) => !part?.startsWith("http"));
        expect(own).toHaveLength(6);
        for (const part of own) {
          const { pathname } = new URL(part ?? "", `http://${HOST}${at}`);
          expect([pathname, (await send(kind, pathname)).status]).toEqual([pathname, 200]);
        }
      }
      const document = (await (await send(kind, `${baseOf(name)}/swagger/json`)).json()) as any;
      expect(document.info.title.toLowerCase()).toBe(`${name} api`);
      const { status } = await send(kind, `${document.servers[0].url}/${name}/1`);
      expect(status).toBe(200);
    },
  );

  test("probes and metrics are found, and metrics name routes without the path", async () => {
    for (const path of ["/health/live", "/health/ready", "/metrics"]) {
      expect((await send(kind, users + path)).status).toBe(200);
      const itself = await fetch(services.users.url + path, { headers: { host: HOST } });
      expect(itself.status).toBe(200);
    }
    const text = await (await send(kind, `${users}/metrics`)).text();
    expect(text).toContain('route="/users"');
    expect(text).not.toContain("/shop/");
    expect(services.users.log()).toContain('"route":"/users"');
    expect(services.users.log()).not.toContain('"route":"/shop');
  });

  test("a change with the ETag of a compressing client's read is made", async () => {
    const gzip = { "accept-encoding": "gzip" };
    const read = await send(kind, `${users}/users/1`, { headers: gzip });
    const tag = read.headers.get("etag") ?? "";
    expect(tag).toMatch(/^"\d+"$/);
    const change = json("PATCH", { name: "Alice" }, { ...gzip, "if-match": tag });
    expect((await send(kind, `${users}/users/1`, change)).status).toBe(200);
  });

  test("a host that ALLOWED_HOSTS does not name is refused by the service", async () => {
    const headers = { host: "example.com" };
    const response = await fetch(`${running[kind]?.url}${users}/users/1`, { headers });
    expect(response.status).toBe(421);
  });
}

function besides(proxy: ProxyName) {
  test("a tag becomes weak if it compresses, and the 412 says so", async () => {
    const path = `${baseOf("users")}/users/1`;
    const headers = { "accept-encoding": "gzip" };
    const read = await send(`${proxy} compressing`, path, { headers });
    const tag = read.headers.get("etag") ?? "";
    expect(tag).toMatch(/^W\/"\d+"$/);
    const change = (ifMatch: string) =>
      send(`${proxy} compressing`, path, json("PATCH", { name: "Alice" }, { "if-match": ifMatch }));
    const problem = (await (await change(tag)).json()) as Problem;
    expect(problem).toMatchObject({
      code: "stale",
      detail: expect.stringContaining("a weak ETag"),
    });
    const known = await send(`${proxy} compressing`, path, { headers: { "if-none-match": tag } });
    expect(known.status).toBe(304);
    expect((await change(tag.replace("W/", ""))).status).toBe(200);
  });

  test("a creation that was sent to one replica is not sent to another", async () => {
    const asked: string[] = [];
    // Takes a request and closes its connection, as a replica does that is killed.
    const dying = Bun.listen({
      hostname: "127.0.0.1",
      port: 0,
      socket: {
        data(socket, bytes) {
          asked.push(bytes.toString().split(" ", 1).join(""));
          socket.end();
        },
      },
    });
    const [{ host }, first] = [new URL(services.users.url), `127.0.0.1:${dying.port}`];
    const shown = (await configurationOf(proxy)).replace(/ check\b.*/g, "");
    const two = shown.replace(/^ *server (.*)$/m.exec(shown)?.[0] ?? "", (line) =>
      line.includes(host)
        ? `${line.replace(host, first)}\n${line.replace("users1", "users2")}`
        : line,
    );
    expect(two).toContain(first);
    await using started = await startReverseProxy(proxy, two);
    const create = (n: number) => {
      const email = `${proxy}-${n}@example.com`;
      return fetch(`${started.url}${baseOf("users")}/users`, {
        ...json("POST", { name: "Carol", email }),
        headers: { "content-type": "application/json", host: HOST },
      });
    };
    const outcomes = [await create(1), await create(2)].map(({ status }) => status);
    // One of the two got the dying one, and nobody made it again.
    expect(outcomes.toSorted()).toEqual([201, 502]);
    expect(asked).toEqual(["POST"]);
    dying.stop(true);
  });

  test("the service refuses a path with dot segments, unless the proxy has resolved them", async () => {
    const statusOf = async (kind: string, path: string) => {
      const lines = [`GET ${path} HTTP/1.1`, `Host: ${HOST}`, "Connection: close", "", ""];
      const { port = 0 } = running[`${proxy} ${kind}`] ?? {};
      const [status] = statuses(await exchange({ port }, lines.join("\r\n")));
      return status;
    };
    const path = `${baseOf("users")}/x/../users/1`;
    expect(await statusOf("keeping", path)).toBe(400);
    expect(await statusOf("stripping", path)).toBe(proxy === "nginx" ? 200 : 400);
    const other = `${baseOf("users")}/x/../..${baseOf("orders").replace("/shop", "")}/orders/1`;
    // Each of the proxies takes another service for the one that is meant.
    expect(await statusOf("keeping", other)).toBe(proxy === "nginx" ? 400 : 404);
  });
}

function page() {
  const name = "executes the first operation of each service under its path";
  if (!CHROMIUM) {
    if (process.env["REQUIRE_CHROMIUM"] !== "1")
      return test.skip(`${name}: ${CHROMIUM_MISSING}`, () => {});
    return test(name, () => {
      throw new Error(CHROMIUM_MISSING);
    });
  }
  return test(name, async () => {
    const browser = await launchChromium();
    for (const service of NAMES) {
      const tab = await browser.newPage();
      const paths = new Set<string>();
      tab.on("request", (request) => {
        if (request.url().startsWith("http")) paths.add(new URL(request.url()).pathname);
      });
      await tab.goto(`${running["nginx keeping"]?.url}${baseOf(service)}/`);
      const operation = tab.locator(".opblock").first();
      await operation.locator(".opblock-summary-control").click();
      await operation.locator(".try-out__btn").click();
      const response = tab.waitForResponse((one) => one.request().resourceType() === "fetch");
      await operation.locator(".execute").click();
      expect((await response).status()).toBe(200);
      expect(paths).toContain(`${baseOf(service)}/${service}`);
      for (const path of paths) expect(path).toStartWith(`${baseOf(service)}/`);
      await tab.close();
    }
    await browser.close();
  });
}

describe("An executable", () => {
  test.each([
    ["/orders", "BASE_PATH: expected a first segment that no route of the service has"],
    ["/shop/", "BASE_PATH: expected no slash at the end"],
    ["shop", "BASE_PATH: expected a slash at the start"],
  ])(
    "with BASE_PATH=%s ends with 2 and one line, and touches no database",
    async (BASE_PATH, line) => {
      const { orders } = await executables();
      const database = `${folder.path}/never.db`;
      const environment = { BASE_PATH, DATABASE_URL: `sqlite://${database}`, PORT: "0" };
      for (const word of ["serve", "migrate"]) {
        const ended = await command([orders, word], { environment });
        expect(ended).toEqual({ exitCode: 2, stdout: "", stderr: expect.stringContaining(line) });
        expect(ended.stderr.trim().split("\n")).toHaveLength(1);
      }
      expect(await Bun.file(database).exists()).toBe(false);
    },
  );

  test("starts with a line that has its address without the path", async () => {
    const { users } = await executables();
    const environment = { BASE_PATH: "/shop/users-api", DATABASE_URL: "sqlite://:memory:" };
    await using started = await startService("users", environment, [users]);
    expect(started.url).toMatch(/^http:\/\/localhost:\d+$/);
    expect(started.log()).toContain(`"docs":"${started.url}/swagger"`);
    expect(started.log()).not.toContain("/shop/users-api/swagger");
  });
});
