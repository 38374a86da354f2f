/** Every file that has to list the services lists all of them. */
import { describe, expect, test } from "bun:test";
import { join } from "node:path";

import { SERVICES, urlVariableOf } from "../../services.ts";
import { ROOT, SERVICE_FOLDERS } from "../support/folders.ts";
import { definitionOf, NAMES } from "../support/services.ts";

const textOf = (...names: string[]) => Bun.file(join(ROOT, ...names)).text();
const yamlOf = async <Form>(name: string) => Bun.YAML.parse(await textOf(name)) as Form;

describe("The list of the services", () => {
  test("has every folder with a main.ts, and no other", () => {
    expect(NAMES.toSorted()).toEqual(SERVICE_FOLDERS as typeof NAMES);
  });

  test("lists each service after those that it calls, so that they can start in this order", () => {
    for (const [index, { calls }] of SERVICES.entries()) {
      expect(calls.filter((asked) => !NAMES.slice(0, index).includes(asked))).toEqual([]);
    }
  });

  test("gives each service a different port", () => {
    const ports = SERVICES.map(({ port }) => port);
    expect(ports).toEqual([...new Set(ports)]);
  });
});

describe.each([...SERVICES])("The service $name", ({ name, port, calls }) => {
  test("defines the same name, port and URL variables as the list", async () => {
    const { name: named, config } = await definitionOf(name);
    expect(named).toBe(name);
    expect(config.properties["PORT"]?.default).toBe(port);
    for (const asked of calls) expect(config.properties).toHaveProperty(urlVariableOf(asked));
  });

  test("is type-checked and copied into the image", async () => {
    const { include, exclude } = JSON.parse(await textOf("tsconfig.json")) as Record<
      string,
      string[]
    >;
    expect(include).toEqual(["**/*.ts"]);
    expect(exclude).not.toContain(name);
    for (const file of ["main.ts", "migrations/0001_x.sql"]) {
      expect(await isInContext(`${name}/${file}`)).toBe(true);
    }
  });

  test("is in compose.yaml with its seed, its volume and the URLs of the services that it calls", async () => {
    const { services, volumes } = await yamlOf<Compose>("compose.yaml");
    expect(Object.keys(services)).toContain(name);
    expect(volumes).toHaveProperty(`${name}-data`);
    expect(services[name]).toMatchObject({
      build: { args: { SERVICE: name, PORT: port } },
      volumes: [`${name}-data:/data`],
      ports: [`127.0.0.1:${port}:${port}`],
      depends_on: { [`${name}-seed`]: { condition: "service_completed_successfully" } },
      environment: Object.fromEntries(calls.map((asked) => [urlVariableOf(asked), urlOf(asked)])),
    });
    expect(services[`${name}-seed`]).toMatchObject({
      command: ["seed"],
      build: { args: { SERVICE: name } },
    });
  });

  test("is in compose.postgres.yaml with three replicas and its own database", async () => {
    const { services, configs } = await yamlOf<Compose>("compose.postgres.yaml");
    expect(Object.keys(services)).toContain(name);
    expect(services[name]).toMatchObject({ scale: 3 });
    for (const one of [name, `${name}-seed`]) {
      expect(services[one]?.environment?.["DATABASE_URL"]).toEndWith(`@postgres/${name}`);
    }
    expect(configs?.["databases"]?.content).toContain(`CREATE DATABASE ${name};`);
  });

  test("is in deploy/observability: it sends traces, and Prometheus scrapes it", async () => {
    const { services } = await yamlOf<Compose>("deploy/observability/compose.yaml");
    expect(services[name]?.environment).toHaveProperty("OTEL_EXPORTER_OTLP_ENDPOINT");
    const { scrape_configs } = await yamlOf<Scraping>("deploy/observability/prometheus.yml");
    expect(scrape_configs).toContainEqual({
      job_name: name,
      static_configs: [{ targets: [`${name}:${port}`] }],
    });
  });
});

test("The replicas in compose.postgres.yaml use no port of a service or of the next ten services", async () => {
  // Bun ignores Compose's `!override`, which is an unknown tag to it.
  const { services } = await yamlOf<Compose>("compose.postgres.yaml");
  const taken = NAMES.flatMap((name) => portsOf(services[name]?.ports?.[0] ?? ""));
  expect(taken).toHaveLength(3 * NAMES.length);
  expect(taken).toEqual([...new Set(taken)]);
  const first = Math.min(...SERVICES.map(({ port }) => port));
  const last = Math.max(...SERVICES.map(({ port }) => port)) + 10;
  expect(taken.filter((port) => port >= first && port <= last)).toEqual([]);
});

interface Compose {
  services: Record<
    string,
    { ports?: string[]; environment?: Record<string, string>; [name: string]: unknown }
  >;
  configs?: Record<string, { content: string }>;
  volumes?: Record<string, unknown>;
}

interface Scraping {
  scrape_configs: { job_name: string; static_configs: { targets: string[] }[] }[];
}

/** The URL of a service for other containers. */
function urlOf(name: string): string {
  return `http://${name}:${SERVICES.find((one) => one.name === name)?.port}`;
}

/** `127.0.0.1:8100-8102:8080` -> 8100, 8101, 8102 */
function portsOf(published: string): number[] {
  const [, range = ""] = published.split(":");
  const [from = 0, to = from] = range.split("-").map(Number);
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

/** Whether the file is in Docker's build context. The last matching pattern decides. */
async function isInContext(path: string): Promise<boolean> {
  const patterns = (await textOf(".dockerignore")).split("\n").filter((line) => /^[^#]/.test(line));
  const parts = path.split("/");
  const prefixes = parts.map((_, index) => parts.slice(0, index + 1).join("/"));
  let isIn = true;
  for (const pattern of patterns) {
    const glob = new Bun.Glob(pattern.replace(/^!/, ""));
    if (prefixes.some((prefix) => glob.match(prefix))) isIn = pattern.startsWith("!");
  }
  return isIn;
}
