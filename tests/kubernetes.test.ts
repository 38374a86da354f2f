/** The manifests for Kubernetes, held against the schemas of its API. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";

import { serviceNamed, urlVariableOf } from "../services.ts";
import { command } from "./support/executables.ts";
import { ROOT, temporaryFolder } from "./support/folders.ts";
import { kustomize, type Manifest } from "./support/kustomize.ts";
import { definitionOf, NAMES } from "./support/services.ts";

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

describe.each(NAMES)("%s", (service) => {
  test("every manifest fits its schema", async () => {
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

  test("no manifest has a field that the API does not know", async () => {
    // The schemas admit unknown fields, and so misspelt ones; the types that are made of them do not.
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

  test("what names it, and where it listens, is its own in every place", () => {
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
      expect(image).toStartWith(`edge-services/${service}:`);
      expect(ports).toMatchObject([{ containerPort: port }]);
    }
    expect(text).toContain(
      `{"kind":"Deployment","name":"${service}"}`.replace("{", '{"apiVersion":"apps/v1",'),
    );
  });

  test("it may ask those that it asks, and is told where they are", () => {
    const text = JSON.stringify(manifestsOf(service));
    for (const asked of serviceNamed(service).asks) {
      const { port } = serviceNamed(asked);
      expect(text).toContain(
        JSON.stringify({ name: urlVariableOf(asked), value: `http://${asked}:${port}` }),
      );
      expect(text).toContain(`"values":["${asked}"]}]}}],"ports":[{"port":${port}}]`);
    }
  });

  test("every variable is one of the service", async () => {
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

test("every service has its manifests, and nothing else has", () => {
  expect(new Set(manifests.map(({ metadata }) => metadata.name))).toEqual(new Set(NAMES));
});

test("the services know their callers, by a secret that all have", () => {
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

test.skipIf(!hasKubectl)("kubectl makes the same of the kustomizations", async () => {
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
