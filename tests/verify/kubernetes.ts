/** The manifests for Kubernetes, checked against the schemas of its API. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";

import packageJson from "../../package.json";
import { serviceNamed, urlVariableOf } from "../../services.ts";
import { command } from "../support/executables.ts";
import { ROOT, temporaryFolder } from "../support/folders.ts";
import { kustomize, type Manifest } from "../support/kustomize.ts";
import { definitionOf, NAMES } from "../support/services.ts";

setDefaultTimeout(60_000);

const FOLDER = join(ROOT, "deploy", "kubernetes");

const manifests = await kustomize(FOLDER);

function manifestsOf(service: string): Manifest[] {
  const own = manifests.filter(({ metadata: { name } }) => name === service);
  if (own.length > 0) return own;
  throw new Error(
    `Add deploy/kubernetes/${service}, and its two lines in kustomization.yaml above`,
  );
}

/** `apps/v1`, `Deployment` -> `kubernetes-models/apps/v1/Deployment` */
function moduleOf({ apiVersion, kind }: Manifest): string {
  return `kubernetes-models/${apiVersion}/${kind}`;
}

describe.each(NAMES)("The Kubernetes manifests of %s", (service) => {
  test("match their schemas", async () => {
    const manifests = manifestsOf(service);
    expect(manifests.map(({ kind }) => kind)).toEqual([
      "ServiceAccount",
      "Service",
      "Deployment",
      "PodDisruptionBudget",
      "HorizontalPodAutoscaler",
      "NetworkPolicy",
    ]);
    for (const manifest of manifests) {
      const models = (await import(moduleOf(manifest))) as Record<string, Model>;
      const model = models[manifest.kind];
      if (!model) throw new Error(`There is no ${manifest.kind}`);
      expect(() => new model(manifest).validate()).not.toThrow();
    }
  });

  test("have no field that is unknown to the API", async () => {
    // The schemas accept unknown and misspelled fields. The types generated from them do not.
    using folder = temporaryFolder();
    const manifests = manifestsOf(service);
    const lines = manifests.flatMap((manifest, index) => [
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
    const text = JSON.stringify(manifestsOf(service));
    expect(text).not.toMatch(/"(?:service|service-database)"/);
    const [, { spec }, deployment] = manifestsOf(service) as unknown as [
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
    const text = JSON.stringify(manifestsOf(service));
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
    const [, , deployment] = manifestsOf(service) as unknown as Deployment[];
    const pod = deployment?.spec.template.spec;
    const containers = [...(pod?.containers ?? []), ...(pod?.initContainers ?? [])];
    expect(containers).toHaveLength(2);
    for (const { env } of containers) {
      for (const { name } of env) expect(Object.keys(properties)).toContain(name);
    }
  });
});

test("Exactly the services of the list have Kubernetes manifests", () => {
  expect(new Set(manifests.map(({ metadata }) => metadata.name))).toEqual(new Set(NAMES));
});

test("All services on Kubernetes authenticate callers with the same secret", () => {
  for (const service of NAMES) {
    const [, , deployment] = manifestsOf(service) as unknown as Deployment[];
    const { containers = [], initContainers = [] } = deployment?.spec.template.spec ?? {};
    for (const { env, envFrom } of [...containers, ...initContainers]) {
      expect(env).toContainEqual({ name: "AUTH", value: "on" });
      expect(envFrom).toEqual([{ secretRef: { name: "identity" } }]);
    }
  }
});

const hasKubectl = Bun.which("kubectl") !== null;
if (!hasKubectl) console.warn("kubernetes: kubectl is not asked, because there is none here");

test.skipIf(!hasKubectl)("kubectl builds the same manifests from the kustomizations", async () => {
  const environment = { PATH: process.env["PATH"] ?? "", HOME: ROOT };
  const { stdout, stderr } = await command(["kubectl", "kustomize", FOLDER], { environment });
  expect(stderr).toBe("");
  expect(byKindAndName(Bun.YAML.parse(stdout) as Manifest[])).toEqual(byKindAndName(manifests));
});

function byKindAndName(manifests: readonly Manifest[]): Record<string, Manifest> {
  return Object.fromEntries(manifests.map((one) => [`${one.kind} ${one.metadata.name}`, one]));
}

type Model = new (manifest: Manifest) => { validate(): void };

interface Listening {
  spec: { ports: { port: number }[] };
}

interface Deployment {
  spec: {
    template: {
      metadata: { annotations: Record<string, string> };
      spec: { serviceAccountName: string; containers: Container[]; initContainers: Container[] };
    };
  };
}

interface Container {
  image: string;
  ports: { containerPort: number }[];
  env: { name: string; value?: string }[];
  envFrom: { secretRef: { name: string } }[];
}
