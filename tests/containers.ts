/**
 * `bun run containers`: builds, runs and stops the services of the compose files with a real Docker
 * engine.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { chownSync, readdirSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";

import packageJson from "../package.json";
import { type ServiceName, serviceNamed, SERVICES } from "../services.ts";
import { json } from "./support/ask.ts";
import { ALL, bodyOf, FIRST, ONE } from "./support/first.ts";
import { ROOT, temporaryFolder } from "./support/folders.ts";
import { buildPostgresImage } from "./support/postgres-image.ts";
import { creationOf, newBody, queriesOf, resourcesOf, routeOf } from "./support/resources.ts";
import { forEach, NAMES } from "./support/services.ts";

setDefaultTimeout(240_000);

const POSTGRES_IMAGE = "postgres:18";
const UID = 65_532;
const CONNECTIONS = 32;
const REQUESTS = 100_000;

const FREE_PORTS = `services:
${SERVICES.map(({ name, port }) => `  ${name}: { ports: !override ["127.0.0.1::${port}"] }\n`).join("")}`;

if (!(await succeeds(["docker", "compose", "version"], ["docker", "version"]))) {
  throw new Error("A Docker engine with Compose is missing");
}

const RESOURCES = (await resourcesOf()).map((one) => [one.table.name, one] as const);

const folder = temporaryFolder();
afterAll(() => folder[Symbol.dispose]());

describe("docker compose up", () => {
  const compose = project(`${packageJson.name}-test`, "compose.yaml");
  let urls: Record<ServiceName, string>;

  beforeAll(async () => {
    await compose("build");
    await compose("up", "--detach", "--wait");
    urls = await forEach((name) => urlOf(compose, name));
  });
  afterAll(() => compose("down", "--volumes", "--timeout", "5"));

  test.each(RESOURCES)(
    "starts %s with the demo data, and it reaches what it calls by name",
    async (table, { service }) => {
      const url = urls[service];
      expect(await (await fetch(`${url}/${table}/1`)).json()).toMatchObject({ id: "1" });
      expect(await (await fetch(`${url}/health/ready`)).json()).toMatchObject({ degraded: false });
    },
  );

  test("publishes the ports only on 127.0.0.1", async () => {
    const { services } = Bun.YAML.parse(await Bun.file(join(ROOT, "compose.yaml")).text()) as {
      services: Record<string, { ports?: string[] }>;
    };
    expect(Object.values(services).flatMap(({ ports = [] }) => ports)).toEqual(
      SERVICES.map(({ port }) => `127.0.0.1:${port}:${port}`),
    );
  });

  test("accepts only the hosts in ALLOWED_HOSTS", async () => {
    const own = `${FIRST}:${serviceNamed(FIRST).port}`;
    const hosts = ["localhost", "127.0.0.1:1", own, "rebound.example"];
    const responses = hosts.map((host) => fetch(`${urls[FIRST]}${ONE}`, { headers: { host } }));
    const statuses = (await Promise.all(responses)).map(({ status }) => status);
    expect(statuses).toEqual([200, 200, 200, 421]);
  });

  test.each(NAMES)("makes %s healthy within 2 s", async (service) => {
    const { State } = await inspect(compose, service);
    const first = State.Health.Log.find(({ ExitCode }) => ExitCode === 0);
    expect(Date.parse(first?.End ?? "") - Date.parse(State.StartedAt)).toBeLessThan(2_000);
  });

  test.each(NAMES)("runs %s unprivileged and without capabilities", async (service) => {
    const { Id, HostConfig, Config } = await inspect(compose, service);
    expect(Config.User).toBe(`${UID}:${UID}`);
    expect(HostConfig).toMatchObject({ ReadonlyRootfs: true, Privileged: false });
    // Read from a second container in the same PID namespace: this one has no `cat`.
    const status = await docker(
      `run --rm --pid container:${Id} --entrypoint cat oven/bun:1.4.5 /proc/1/status`,
    );
    const value = (name: string) => new RegExp(`^${name}:\\s+(\\S+)`, "m").exec(status)?.[1];
    expect(value("Uid")).toBe(String(UID));
    expect(value("Gid")).toBe(String(UID));
    for (const set of ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"]) {
      expect([set, value(set)]).toEqual([set, "0000000000000000"]);
    }
    expect(value("NoNewPrivs")).toBe("1");
  });

  test("runs an image with the executable, its licences and no shell", async () => {
    const { Id } = await inspect(compose, FIRST);
    const list = Bun.spawn(["sh", "-c", `docker export ${Id} | tar --list`], { stdout: "pipe" });
    const files = (await new Response(list.stdout).text()).split("\n");
    expect(files).toContain("service");
    expect(files).toContain("licenses/LICENSES.txt");
    expect(files).toContain("licenses/sbom.cdx.json");
    expect(files.filter((file) => /(^|\/)(ba|da|a|z)?sh$|busybox|(^|\/)bun$/.test(file))).toEqual(
      [],
    );
  });

  test("allows writes only to /data", async () => {
    const elsewhere = "DATABASE_URL=sqlite:///elsewhere/some.db";
    const run = ["run", "--rm", "--no-deps", "--env", elsewhere, FIRST, "migrate"];
    const { exitCode, stderr } = await attempt(compose.command(...run));
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(new RegExp(`${FIRST}: .*/elsewhere`));
  });

  test("backs up to a folder of the host", async () => {
    using folder = temporaryFolder();
    chownSync(folder.path, UID, UID);
    const mounted = ["run", "--rm", "--no-deps", "-v", `${folder.path}:/backups`, FIRST];
    const run = [...mounted, "backup", "--to", "/backups/some.db"];
    expect(await attempt(compose.command(...run))).toMatchObject({ exitCode: 0 });
    expect(readdirSync(folder.path)).toEqual(["some.db"]);
  });

  test.each(NAMES)("does not start %s without AUTH", async (service) => {
    const run = ["run", "--rm", "--no-deps", "--env", "AUTH=", service];
    const { exitCode, stderr } = await attempt(compose.command(...run));
    expect(exitCode).toBe(2);
    expect(stderr).toContain("AUTH: set it to on or off");
  });

  test("keeps the data across down and up", async () => {
    const body = bodyOf(1);
    const created = await fetch(`${urls[FIRST]}${ALL}`, json("POST", body));
    expect(created.status).toBe(201);
    const path = created.headers.get("location");
    await compose("down");
    await compose("up", "--detach", "--wait");
    urls = await forEach((name) => urlOf(compose, name));
    expect(await (await fetch(`${urls[FIRST]}${path}`)).json()).toMatchObject(body);
  });

  test(`serves ${REQUESTS} requests without a restart in 96 MB`, async () => {
    const before = await Promise.all(NAMES.map((service) => inspect(compose, service)));
    const paths = RESOURCES.flatMap(([table, resource]) => {
      const one = `${urls[resource.service]}/${table}/1`;
      const list = routeOf(resource, "GET", false);
      const [query] = list ? queriesOf(resource, list, {}) : [];
      return list ? [one, `${urls[resource.service]}/${table}${query}`] : [one];
    });
    let sent = 0;
    const failures: string[] = [];
    const client = async () => {
      while (sent < REQUESTS) {
        const answer = await fetch(paths[sent++ % paths.length] ?? "");
        const text = await answer.text();
        if (answer.status !== 200) failures.push(`${answer.status} ${text}`);
      }
    };
    await Promise.all(Array.from({ length: CONNECTIONS }, client));
    expect(failures).toEqual([]);
    for (const [index, service] of NAMES.entries()) {
      const { State, RestartCount, HostConfig } = await inspect(compose, service);
      expect(HostConfig.Memory).toBe(96 * 1024 * 1024);
      expect({ restarts: RestartCount, killed: State.OOMKilled }).toEqual({
        restarts: 0,
        killed: false,
      });
      expect(State.StartedAt).toBe(before[index]?.State.StartedAt ?? "");
    }
  });

  test("fails no request in flight on docker stop under load, and exits with 0", async () => {
    const { Id } = await inspect(compose, FIRST);
    const clients = Array.from({ length: CONNECTIONS }, () => keptAlive(urls[FIRST], ONE));
    await Promise.all(clients.map(({ warm }) => warm));
    const stopping = docker(`stop ${Id}`);
    const outcomes = await Promise.all(clients.map(({ outcome }) => outcome));
    await stopping;
    expect(outcomes.filter(({ unanswered }) => unanswered)).toEqual([]);
    expect(outcomes.every(({ answered }) => answered > 1)).toBe(true);
    const { State } = await inspect(compose, FIRST);
    expect(State).toMatchObject({ Status: "exited", ExitCode: 0, OOMKilled: false });
  });
});

describe("docker compose up on Postgres", () => {
  const compose = project(
    `${packageJson.name}-postgres-test`,
    "compose.yaml",
    "compose.postgres.yaml",
  );

  beforeAll(async () => {
    const found =
      (await succeeds(["docker", "image", "inspect", POSTGRES_IMAGE])) ||
      (await succeeds(["docker", "pull", "--quiet", POSTGRES_IMAGE]));
    if (!found) await buildPostgresImage(POSTGRES_IMAGE);
    await compose("up", "--detach", "--wait", "--build");
  });
  afterAll(() => compose("down", "--volumes", "--timeout", "5"));

  test.each(RESOURCES)(
    "runs three replicas of %s that share their data",
    async (table, resource) => {
      const { service } = resource;
      const urls = await Promise.all([1, 2, 3].map((n) => urlOf(compose, service, n)));
      expect(new Set(urls).size).toBe(3);
      for (const [index, url] of urls.entries()) {
        const body = newBody(resource, `replica-${index}`, "1");
        const created = await fetch(`${url}${creationOf(resource).path}`, json("POST", body));
        expect(created.status).toBe(201);
        const { id } = (await created.json()) as { id: string };
        for (const other of urls) {
          expect(await (await fetch(`${other}/${table}/${id}`)).json()).toMatchObject({ id });
        }
      }
      // Loaded once for all replicas.
      for (const url of urls) expect((await fetch(`${url}/${table}/1`)).status).toBe(200);
    },
  );
});

// --- docker

type Compose = ReturnType<typeof project>;

/** `docker compose` on these files, with free ports instead of the fixed ones. */
function project(name: string, ...files: string[]) {
  const ports = join(folder.path, "ports.yaml");
  const paths = [...files.map((file) => join(ROOT, file)), ports];
  const start = ["docker", "compose", "--project-name", name, "--progress", "quiet"];
  const command = (...args: string[]) => [
    ...start,
    ...paths.flatMap((path) => ["--file", path]),
    ...args,
  ];
  const compose = async (...args: string[]) => {
    await Bun.write(ports, FREE_PORTS);
    return succeed(command(...args));
  };
  return Object.assign(compose, { command });
}

async function urlOf(compose: Compose, service: ServiceName, index = 1): Promise<string> {
  const { port } = serviceNamed(service);
  const address = await compose("port", "--index", String(index), service, String(port));
  return `http://${address.trim()}`;
}

interface Inspected {
  Id: string;
  RestartCount: number;
  Config: { User: string };
  HostConfig: { ReadonlyRootfs: boolean; Privileged: boolean; Memory: number };
  State: {
    Status: string;
    ExitCode: number;
    OOMKilled: boolean;
    StartedAt: string;
    Health: { Log: { ExitCode: number; End: string }[] };
  };
}

async function inspect(compose: Compose, service: string): Promise<Inspected> {
  const id = (await compose("ps", "--all", "--quiet", service)).trim();
  const [container] = JSON.parse(await docker(`inspect ${id}`)) as Inspected[];
  if (!container) throw new Error(`${service} has no container`);
  return container;
}

function docker(words: string): Promise<string> {
  return succeed(["docker", ...words.split(" ")]);
}

async function succeed(command: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await attempt(command);
  if (exitCode !== 0) throw new Error(`${command.join(" ")}\n${stdout}\n${stderr}`);
  return stdout;
}

async function succeeds(...commands: readonly (readonly string[])[]): Promise<boolean> {
  for (const command of commands) {
    if (!Bun.which(command[0] ?? "")) return false;
    if ((await attempt(command)).exitCode !== 0) return false;
  }
  return true;
}

async function attempt(command: readonly string[]) {
  const child = Bun.spawn([...command], {
    env: { ...process.env, POSTGRES_PASSWORD: "of-the-test" },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  return { exitCode: await child.exited, stdout, stderr };
}

// --- load

/**
 * A client that repeats a request on one connection until the server closes it or sends
 * `connection: close`. `unanswered` says whether a request got no response.
 */
function keptAlive(url: string, path: string) {
  const { hostname, port } = new URL(url);
  const warm = Promise.withResolvers<void>();
  const outcome = Promise.withResolvers<{ answered: number; unanswered: boolean }>();
  const request = `GET ${path} HTTP/1.1\r\nhost: ${hostname}\r\n\r\n`;
  let answered = 0;
  let unanswered = true;
  let text = "";
  const socket = connect(Number(port), hostname, () => socket.write(request));
  socket.setEncoding("utf8");
  socket.on("data", (chunk: string) => {
    text += chunk;
    const end = text.indexOf("\r\n\r\n");
    const length = /^content-length: (\d+)/im.exec(text)?.[1];
    if (end === -1 || text.length < end + 4 + Number(length)) return;
    answered += 1;
    warm.resolve();
    const last = /^connection: close/im.test(text.slice(0, end + 2));
    text = "";
    unanswered = !last;
    if (last) socket.end();
    else socket.write(request);
  });
  socket.on("error", () => {});
  socket.on("close", () => {
    warm.resolve();
    outcome.resolve({ answered, unanswered });
  });
  return { warm: warm.promise, outcome: outcome.promise };
}
