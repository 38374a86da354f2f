/** The manifests for Kubernetes, checked against the schemas of its API. */
import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";

import packageJson from "../../package.json";
import { serviceNamed, urlVariableOf } from "../../services.ts";
import { command } from "../support/executables.ts";
import { ROOT, temporaryFolder } from "../support/folders.ts";
import { kustomize, type Manifest } from "../support/kustomize.ts";
import {
  autoscalerOf,
  configuredWith,
  type Deployment,
  deploymentOf,
  egressOf,
  type Listening,
  manifestsOf,
  podOf,
  poolOfReadme,
  tokensOf,
  urlIn,
} from "../support/manifests.ts";
import { definitionOf, NAMES } from "../support/services.ts";

setDefaultTimeout(60_000);

const FOLDER = join(ROOT, "deploy", "kubernetes");

const manifests = await kustomize(FOLDER);

/** The folder as an operator changes it: with everything that can be configured. */
const changed = await configuredWith(["key-set", "traces"]);
afterAll(() => changed[Symbol.dispose]());
const configured = changed.manifests;

/** The manifests of a service as they are, and with everything configured. */
function allOf(service: string): Manifest[] {
  return [...manifestsOf(service, manifests), ...manifestsOf(service, configured)];
}

/** `apps/v1`, `Deployment` -> `kubernetes-models/apps/v1/Deployment` */
function moduleOf({ apiVersion, kind }: Manifest): string {
  return `kubernetes-models/${apiVersion}/${kind}`;
}

describe.each(NAMES)("The Kubernetes manifests of %s", (service) => {
  test("match their schemas", async () => {
    expect(manifestsOf(service, manifests).map(({ kind }) => kind)).toEqual([
      "ServiceAccount",
      "Service",
      "Deployment",
      "PodDisruptionBudget",
      "HorizontalPodAutoscaler",
      "NetworkPolicy",
    ]);
    for (const manifest of allOf(service)) {
      const models = (await import(moduleOf(manifest))) as Record<string, Model>;
      const model = models[manifest.kind];
      if (!model) throw new Error(`There is no ${manifest.kind}`);
      expect(() => new model(manifest).validate()).not.toThrow();
    }
  });

  test("have no field that is unknown to the API", async () => {
    // The schemas accept unknown and misspelled fields. The types generated from them do not.
    using folder = temporaryFolder();
    const lines = allOf(service).flatMap((manifest, index) => [
      `import type { I${manifest.kind} as T${index} } from "${moduleOf(manifest)}";`,
      `export const m${index} = ${JSON.stringify(manifest)} satisfies T${index};`,
    ]);
    await Bun.write(join(folder.path, "manifests.ts"), lines.join("\n"));
    const compilerOptions = {
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      module: "preserve",
      target: "esnext",
      paths: { "kubernetes-models/*": [join(ROOT, "node_modules", "kubernetes-models", "*")] },
    };
    await Bun.write(join(folder.path, "tsconfig.json"), JSON.stringify({ compilerOptions }));
    const { exitCode, stdout, stderr } = await command([process.execPath, "check"], {
      folder: folder.path,
    });
    expect({ exitCode, output: exitCode === 0 ? "" : stdout + stderr }).toEqual({
      exitCode: 0,
      output: "",
    });
  });

  test("have the service's own name and port everywhere", () => {
    const { port } = serviceNamed(service);
    const text = JSON.stringify(manifestsOf(service, manifests));
    expect(text).not.toMatch(/"(?:service|service-database|service-migration)"/);
    const [, { spec }, deployment] = manifestsOf(service, manifests) as unknown as [
      unknown,
      Listening,
      Deployment,
    ];
    const { containers, serviceAccountName } = deployment.spec.template.spec;
    expect(serviceAccountName).toBe(service);
    expect(spec.ports).toMatchObject([{ port }]);
    expect(deployment.spec.template.metadata.annotations["prometheus.io/port"]).toBe(String(port));
    for (const { image, ports } of containers) {
      expect(image).toStartWith(`${packageJson.name}/${service}:`);
      expect(ports).toMatchObject([{ containerPort: port }]);
    }
    expect(text).toContain(
      `{"kind":"Deployment","name":"${service}"}`.replace("{", '{"apiVersion":"apps/v1",'),
    );
  });

  test("allow and configure the calls to other services", () => {
    const text = JSON.stringify(manifestsOf(service, manifests));
    for (const asked of serviceNamed(service).calls) {
      const { port } = serviceNamed(asked);
      expect(text).toContain(
        JSON.stringify({ name: urlVariableOf(asked), value: `http://${asked}:${port}` }),
      );
      expect(text).toContain(`"values":["${asked}"]}]}}],"ports":[{"port":${port}}]`);
    }
  });

  test("set only variables that the service has", async () => {
    const { properties } = (await definitionOf(service)).config;
    const { containers, initContainers } = podOf(service, configured);
    const all = [...containers, ...initContainers];
    expect(all).toHaveLength(2);
    for (const { env } of all) {
      for (const { name } of env) expect(Object.keys(properties)).toContain(name);
    }
  });

  test("migrate as a role of its own, before pods that cannot", () => {
    const { containers, initContainers } = podOf(service, manifests);
    expect(initContainers).toMatchObject([{ name: "migrate", args: ["migrate"] }]);
    expect(initContainers[0]?.env[0]).toEqual(urlIn(`${service}-migration`));
    expect(containers).toMatchObject([{ args: ["serve", "--no-migrate"] }]);
    expect(containers[0]?.env[0]).toEqual(urlIn(`${service}-database`));
  });

  test("spread each version over zones and machines", () => {
    const spread = podOf(service, manifests).topologySpreadConstraints;
    expect(spread.map(({ topologyKey }) => topologyKey)).toEqual([
      "topology.kubernetes.io/zone",
      "kubernetes.io/hostname",
    ]);
    for (const { labelSelector, matchLabelKeys } of spread) {
      expect(labelSelector.matchLabels).toMatchObject({ "app.kubernetes.io/name": service });
      expect(matchLabelKeys).toEqual(["pod-template-hash"]);
    }
  });

  test("run as any user that is not root", () => {
    const { securityContext } = podOf(service, manifests) as unknown as { securityContext: object };
    expect(securityContext).toEqual({
      runAsNonRoot: true,
      seccompProfile: { type: "RuntimeDefault" },
    });
  });

  test("allow connections only to what is configured", () => {
    const calls = serviceNamed(service).calls.map((asked) => serviceNamed(asked).port);
    expect(egressOf(service, manifests).toSorted()).toEqual([53, 53, 5432, ...calls].toSorted());
    const added = egressOf(service, configured).filter((port) => ![53, 5432].includes(port));
    expect(added.toSorted()).toEqual([443, 4318, ...calls].toSorted());
  });

  test("mount the token that it calls others with, if there is a key set", () => {
    expect(tokensOf(podOf(service, manifests))).toEqual([]);
    const { calls } = serviceNamed(service);
    const files = calls.map((asked) => `${asked.toUpperCase()}_TOKEN_FILE`);
    const volumes = calls.length > 0 ? [`${service}-token`] : [];
    expect(tokensOf(podOf(service, configured))).toEqual([...volumes, ...files]);
  });

  test("add a replica at the load that the page about capacity plans for one", async () => {
    const page = await Bun.file(join(ROOT, "docs", "capacity.md")).text();
    const [, percent] = /Plan for (\d+) % of a core/.exec(page) ?? [];
    const planned = `${Number(percent) * 10}m`;
    const { spec } = autoscalerOf(service, manifests);
    expect(spec.metrics[0]?.resource.target).toEqual({
      type: "AverageValue",
      averageValue: planned,
    });
    for (const { resources } of podOf(service, manifests).containers) {
      expect(resources.requests.cpu).toBe(planned);
    }
  });
});

test("All services at their largest fit in the connections of one Postgres", async () => {
  const poolMax = await poolOfReadme();
  const connections = NAMES.map((service) => {
    const { maxSurge } = deploymentOf(service, manifests).spec.strategy.rollingUpdate;
    const stopping = maxSurge;
    return (autoscalerOf(service, manifests).spec.maxReplicas + maxSurge + stopping) * poolMax;
  });
  const needed = connections.reduce((sum, one) => sum + one, 0);
  // Some are left for people: max_connections - superuser_reserved_connections is 97 by default.
  expect(needed).toBeGreaterThan(0);
  expect(needed).toBeLessThanOrEqual(97 - 5);
  expect(await Bun.file(join(FOLDER, "README.md")).text()).toContain(` = ${needed}.`);
});

test("In a rollout, a pod has stopped before the next one does", () => {
  for (const service of NAMES) {
    const { spec } = deploymentOf(service, manifests);
    const { containers } = spec.template.spec;
    const valueOf = (name: string) =>
      Number(containers[0]?.env.find((one) => one.name === name)?.value);
    const stopMs = valueOf("SHUTDOWN_GRACE_MS") + valueOf("SHUTDOWN_TIMEOUT_MS");
    expect(spec.minReadySeconds * 1_000).toBeGreaterThanOrEqual(stopMs);
  }
});

test("Exactly the services of the list have Kubernetes manifests", () => {
  expect(new Set(manifests.map(({ metadata }) => metadata.name))).toEqual(new Set(NAMES));
});

test("All services on Kubernetes authenticate callers with the same secret", () => {
  for (const service of NAMES) {
    for (const { env, envFrom } of podOf(service, manifests).containers) {
      expect(env).toContainEqual({ name: "AUTH", value: "on" });
      expect(envFrom).toEqual([{ secretRef: { name: "identity" } }]);
    }
  }
});

const hasKubectl = await isKubectlNew();
if (!hasKubectl)
  console.warn("kubernetes: kubectl is not asked: there is none here, or an old one");

describe.skipIf(!hasKubectl)("kubectl", () => {
  const environment = { PATH: process.env["PATH"] ?? "", HOME: ROOT };

  test.each([
    ["as they are", FOLDER, manifests],
    ["with everything configured", changed.path, configured],
  ])("builds the same manifests from the kustomizations, %s", async (_, folder, expected) => {
    const { stdout, stderr } = await command(["kubectl", "kustomize", folder], { environment });
    expect(stderr).toBe("");
    expect(byKindAndName(Bun.YAML.parse(stdout) as Manifest[])).toEqual(byKindAndName(expected));
  });

  /** Decodes deployments into kubectl's own types, by a change that needs no cluster. */
  async function decode(deployments: readonly object[]) {
    using folder = temporaryFolder();
    const file = join(folder.path, "deployments.json");
    await Bun.write(file, JSON.stringify({ apiVersion: "v1", kind: "List", items: deployments }));
    const words = [
      "kubectl",
      "set",
      "image",
      "--local",
      "--output=name",
      `--filename=${file}`,
      "*=x",
    ];
    return await command(words, { environment });
  }

  test("decodes the deployments, and rejects one with a wrong type", async () => {
    const deployments = NAMES.map((service) => deploymentOf(service, configured));
    const decoded = await decode(deployments);
    expect(decoded.stderr).toBe("");
    expect(decoded.stdout.trim().split("\n")).toEqual(
      NAMES.map((service) => `deployment.apps/${service}`),
    );
    const wrong = JSON.parse(
      JSON.stringify(deployments).replaceAll(/"containerPort":\d+/g, '"containerPort":"x"'),
    );
    expect((await decode(wrong)).stderr).toContain("containerPort");
  });
});

/** Whether there is the kubectl that the README asks for. That of Debian 12 is older. */
async function isKubectlNew(): Promise<boolean> {
  if (Bun.which("kubectl") === null) return false;
  const environment = { PATH: process.env["PATH"] ?? "", HOME: ROOT };
  const words = ["kubectl", "version", "--client", "--output=json"];
  const { stdout } = await command(words, { environment });
  const { clientVersion } = JSON.parse(stdout) as { clientVersion: { minor: string } };
  return Number.parseInt(clientVersion.minor, 10) >= 27;
}

function byKindAndName(manifests: readonly Manifest[]): Record<string, Manifest> {
  return Object.fromEntries(manifests.map((one) => [`${one.kind} ${one.metadata.name}`, one]));
}

type Model = new (manifest: Manifest) => { validate(): void };
