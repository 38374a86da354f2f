/** The parts of the manifests for Kubernetes that tests look at. */
import { cpSync } from "node:fs";
import { join } from "node:path";

import { ROOT, temporaryFolder } from "./folders.ts";
import { kustomize, type Manifest } from "./kustomize.ts";

const FOLDER = join(ROOT, "deploy", "kubernetes");

/** A copy of the folder, with these components, as an operator adds them. */
export async function configuredWith(components: readonly string[]) {
  const copy = temporaryFolder();
  cpSync(FOLDER, copy.path, { recursive: true });
  const file = join(copy.path, "kustomization.yaml");
  const [before, after] = (await Bun.file(file).text()).split("components: []");
  if (after === undefined) throw new Error("kustomization.yaml has no `components: []`");
  await Bun.write(file, `${before}components: [${components.join(", ")}]${after}`);
  return Object.assign(copy, { manifests: await kustomize(copy.path) });
}

/** `pool_max` in the URL of the role that serves, as README.md has it. */
export async function poolOfReadme(): Promise<number> {
  const readme = await Bun.file(join(FOLDER, "README.md")).text();
  return Number(/_app:\S+\?pool_max=(\d+)"/.exec(readme)?.[1]);
}

export function manifestsOf(service: string, among: readonly Manifest[]): Manifest[] {
  const own = among.filter(({ metadata: { name } }) => name === service);
  if (own.length > 0) return own;
  throw new Error(
    `Add deploy/kubernetes/${service}, and its two lines in kustomization.yaml above`,
  );
}

export interface Listening {
  spec: { ports: { port: number }[] };
}

export interface Deployment {
  spec: {
    minReadySeconds: number;
    strategy: { rollingUpdate: { maxSurge: number } };
    template: { metadata: { annotations: Record<string, string> }; spec: Pod };
  };
}

export interface Pod {
  serviceAccountName: string;
  containers: Container[];
  initContainers: Container[];
  topologySpreadConstraints: {
    topologyKey: string;
    labelSelector: { matchLabels: Record<string, string> };
    matchLabelKeys: string[];
  }[];
  volumes?: { secret: { secretName: string } }[];
}

export interface Container {
  image: string;
  args: string[];
  ports: { containerPort: number }[];
  env: { name: string; value?: string; valueFrom?: { secretKeyRef: { name: string } } }[];
  envFrom?: { secretRef: { name: string } }[];
  resources: { requests: { cpu: string } };
}

interface Autoscaler {
  spec: { maxReplicas: number; metrics: { resource: { target: object } }[] };
}

function kindOf<Form>(kind: string, service: string, among: readonly Manifest[]): Form {
  return manifestsOf(service, among).find((one) => one.kind === kind) as Form;
}

export function deploymentOf(service: string, among: readonly Manifest[]): Deployment {
  return kindOf("Deployment", service, among);
}

export function podOf(service: string, among: readonly Manifest[]): Pod {
  return deploymentOf(service, among).spec.template.spec;
}

export function autoscalerOf(service: string, among: readonly Manifest[]): Autoscaler {
  return kindOf("HorizontalPodAutoscaler", service, among);
}

/** The ports that a service may connect to. */
export function egressOf(service: string, among: readonly Manifest[]): number[] {
  const { spec } = kindOf<{ spec: { egress: { ports: { port: number }[] }[] } }>(
    "NetworkPolicy",
    service,
    among,
  );
  return spec.egress.flatMap(({ ports }) => ports.map(({ port }) => port));
}

/** `DATABASE_URL` from this secret. */
export function urlIn(secret: string) {
  return { name: "DATABASE_URL", valueFrom: { secretKeyRef: { name: secret, key: "url" } } };
}

/** The secrets and the variables that name a file with a token. */
export function tokensOf({ volumes = [], containers }: Pod): string[] {
  return [
    ...volumes.map(({ secret }) => secret.secretName),
    ...containers.flatMap(({ env }) => env.map(({ name }) => name).filter(isTokenFile)),
  ];
}

function isTokenFile(name: string): boolean {
  return name.endsWith("_TOKEN_FILE");
}
