import { describe, expect, setDefaultTimeout, test } from "bun:test";
/** The manifests for Kubernetes, held against the schemas of its API. */
import { join } from "node:path";

import { command } from "./support/executables.ts";
import { ROOT, temporaryFolder } from "./support/folders.ts";
import { definitionOf, NAMES } from "./support/services.ts";

setDefaultTimeout(60_000);

const FOLDER = join(ROOT, "deploy", "kubernetes");

interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string };
}

async function manifestsOf(service: string): Promise<Manifest[]> {
  return Bun.YAML.parse(await Bun.file(join(FOLDER, `${service}.yaml`)).text()) as Manifest[];
}

/** `apps/v1`, `Deployment` -> `kubernetes-models/apps/v1/Deployment` */
function moduleOf({ apiVersion, kind }: Manifest): string {
  return `kubernetes-models/${apiVersion}/${kind}`;
}

describe.each(NAMES)("%s", (service) => {
  test("every manifest fits its schema", async () => {
    const manifests = await manifestsOf(service);
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
    const manifests = await manifestsOf(service);
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

  test("every variable is one of the service", async () => {
    const { properties } = (await definitionOf(service)).config;
    const [, , deployment] = (await manifestsOf(service)) as unknown as Deployment[];
    const pod = deployment?.spec.template.spec;
    const containers = [...(pod?.containers ?? []), ...(pod?.initContainers ?? [])];
    expect(containers).toHaveLength(2);
    for (const { env } of containers) {
      for (const { name } of env) expect(Object.keys(properties)).toContain(name);
    }
  });
});

test("the kustomization names both and their images", async () => {
  const text = await Bun.file(join(FOLDER, "kustomization.yaml")).text();
  expect(Bun.YAML.parse(text)).toMatchObject({
    resources: ["users.yaml", "orders.yaml"],
    images: [{ name: "edge-services/users" }, { name: "edge-services/orders" }],
  });
});

type Model = new (manifest: Manifest) => { validate(): void };

interface Deployment {
  spec: { template: { spec: { containers: Container[]; initContainers: Container[] } } };
}

interface Container {
  env: { name: string }[];
}
