/** Does what the pods of deploy/kubernetes do, with their arguments and variables, on a real Postgres. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";

import { SQL } from "bun";

import { type ServiceName, serviceNamed, urlVariableOf } from "../../../services.ts";
import { json } from "../../support/ask.ts";
import { caller, IDENTITY } from "../../support/callers.ts";
import { command, executables } from "../../support/executables.ts";
import { temporaryFolder } from "../../support/folders.ts";
import { AUDIENCE, createSigner, ISSUER, serveKeySet, sign } from "../../support/issuer.ts";
import type { Manifest } from "../../support/kustomize.ts";
import { configuredWith, type Container, podOf, poolOfReadme } from "../../support/manifests.ts";
import { sharedUrl } from "../../support/postgres.ts";
import { type Running, startService } from "../../support/processes.ts";
import { createRoles } from "../../support/roles.ts";

setDefaultTimeout(120_000);

const folder = temporaryFolder();
afterAll(() => folder[Symbol.dispose]());

const programs = await executables();
const poolMax = await poolOfReadme();
const SERVICES = ["users", "orders"] as const;
const REQUESTS_AT_ONCE = 60;

interface Cluster {
  manifests: readonly Manifest[];
  /** The secret `identity`. */
  identity: Record<string, string>;
  /** The secret `orders-token`, mounted at `/token`. */
  token?: string;
}

/** Starts a pod of each service, after its init container, which runs twice as two pods would do. */
async function start({ manifests, identity, token = "" }: Cluster) {
  const stack = new AsyncDisposableStack();
  const running = {} as Record<ServiceName, Running>;
  const roles = {} as Record<ServiceName, string>;
  const migrated: number[] = [];
  await Bun.write(join(folder.path, "token"), token);
  for (const service of SERVICES) {
    const { ownerUrl, url } = stack.use(await createRoles());
    roles[service] = new URL(url).username;
    const secrets: Record<string, string> = {
      [`${service}-database`]: `${url}?pool_max=${poolMax}`,
      [`${service}-migration`]: ownerUrl,
    };
    const addresses = serviceNamed(service).calls.map((asked) => [
      urlVariableOf(asked),
      running[asked].url,
    ]);
    const environmentOf = ({ env, envFrom }: Container): Record<string, string> => ({
      // As the image has it.
      HOST: "0.0.0.0",
      ...(envFrom && identity),
      ...Object.fromEntries(env.map((one) => [one.name, valueOf(one, secrets)])),
      ...Object.fromEntries(addresses),
      SHUTDOWN_GRACE_MS: "0",
    });
    const { initContainers, containers } = podOf(service, manifests);
    const [migrate, serve] = [initContainers[0], containers[0]] as [Container, Container];
    for (let pod = 0; pod < 2; pod++) {
      const words = [programs[service], ...migrate.args];
      migrated.push((await command(words, { environment: environmentOf(migrate) })).exitCode);
    }
    const words = [programs[service], ...serve.args];
    running[service] = stack.use(await startService(service, environmentOf(serve), words));
  }
  return {
    urls: { users: running.users.url, orders: running.orders.url },
    roles,
    migrated,
    stack,
  };
}

function valueOf(
  { value, valueFrom }: Container["env"][number],
  secrets: Record<string, string>,
): string {
  if (valueFrom) return secrets[valueFrom.secretKeyRef.name] ?? "";
  return value?.replace(/^\/token\//, `${folder.path}/`) ?? "";
}

type Started = Awaited<ReturnType<typeof start>>;

/** Asks as the services and the balancers in front of them do: by the name of the Service. */
async function create(started: Started, headers: Record<string, string>) {
  const person = json("POST", { name: "Ada", email: "ada@example.com" }, headers);
  const user = await fetch(`${started.urls.users}/users`, person);
  expect(user.status).toBe(201);
  const { id } = (await user.json()) as { id: string };
  const order = json("POST", { user_id: id, amount: 12.5 }, { ...headers, host: "orders:8081" });
  return fetch(`${started.urls.orders}/orders`, order);
}

async function isReady(started: Started, service: ServiceName): Promise<number> {
  return (await fetch(`${started.urls[service]}/health/ready`)).status;
}

describe("The pods as they are", () => {
  let started: Started;
  beforeAll(async () => {
    using copy = await configuredWith([]);
    const { AUTH: _, ...identity } = IDENTITY;
    started = await start({ manifests: copy.manifests, identity });
  });
  afterAll(() => started.stack.disposeAsync());

  test("migrate, any number of them, and serve with the other role", async () => {
    expect(started.migrated).toEqual([0, 0, 0, 0]);
    expect([await isReady(started, "users"), await isReady(started, "orders")]).toEqual([200, 200]);
    const admin = await caller("root", "admin");
    expect((await create(started, admin)).status).toBe(201);
  });

  test("open as many connections at full load as the manifests count", async () => {
    const admin = await caller("root", "admin");
    const answers = await Promise.all(
      Array.from({ length: REQUESTS_AT_ONCE }, () =>
        fetch(`${started.urls.users}/users`, { headers: admin }),
      ),
    );
    expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
    await using administrator = new SQL(await sharedUrl(), { max: 1 });
    const [row] = await administrator`
      SELECT count(*)::int AS connections FROM pg_stat_activity WHERE usename = ${started.roles.users}`;
    expect(row).toEqual({ connections: poolMax });
  });

  test("tell a scraper without a token what they measure", async () => {
    for (const service of SERVICES) {
      expect((await fetch(`${started.urls[service]}/metrics`)).status).toBe(200);
    }
  });
});

test("The pods with key-set serve with the key set and the mounted token", async () => {
  const signer = await createSigner("1");
  await using issuer = serveKeySet([signer]);
  const token = await sign(signer, { claims: { sub: "orders", scope: "users:read:any" } });
  using copy = await configuredWith(["key-set"]);
  const identity = { AUTH_JWKS_URL: issuer.url, AUTH_ISSUER: ISSUER, AUTH_AUDIENCE: AUDIENCE };
  const started = await start({ manifests: copy.manifests, identity, token });
  await using _ = started.stack;
  const admin = await sign(signer, { claims: { sub: "root", scope: "admin" } });
  expect((await create(started, { authorization: `Bearer ${admin}` })).status).toBe(201);
});
