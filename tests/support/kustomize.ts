/**
 * A replacement for `kubectl kustomize`, for machines without kubectl. It supports only what the
 * manifests of this repository use; anything else in a kustomization is an error.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";

export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; labels?: Record<string, string> };
  [field: string]: unknown;
}

interface Kustomization {
  resources?: string[];
  /** Folders whose patches apply to these resources. */
  components?: string[];
  patches?: { target: { name?: string; kind?: string }; options?: object; patch: string }[];
  labels?: { pairs: Record<string, string>; includeSelectors?: boolean }[];
  images?: { name: string; newName?: string; newTag?: string }[];
}

/** A change of a manifest (RFC 6902). */
interface Operation {
  op: "add" | "replace";
  path: string;
  value: unknown;
}

type Node = Record<string, unknown>;

const KNOWN = ["apiVersion", "kind", "resources", "components", "patches", "labels", "images"];

/** Returns the manifests of a folder with a `kustomization.yaml`, in the order of its resources. */
export async function kustomize(folder: string): Promise<Manifest[]> {
  const kustomization = await kustomizationIn(folder);
  const manifests: Manifest[] = [];
  for (const resource of kustomization.resources ?? []) {
    const isFolder = existsSync(join(folder, resource, "kustomization.yaml"));
    const found = isFolder
      ? await kustomize(join(folder, resource))
      : (Bun.YAML.parse(await textOf(folder, resource)) as Manifest[]);
    // Copies objects that YAML anchors share, because patches change them separately.
    manifests.push(...(JSON.parse(JSON.stringify(found)) as Manifest[]));
  }
  for (const component of kustomization.components ?? []) {
    const path = join(folder, component);
    apply(await kustomizationIn(path), manifests, path);
  }
  apply(kustomization, manifests, folder);
  return manifests;
}

async function kustomizationIn(folder: string): Promise<Kustomization> {
  const found = Bun.YAML.parse(await textOf(folder, "kustomization.yaml")) as Kustomization;
  const unknown = Object.keys(found).filter((key) => !KNOWN.includes(key));
  if (unknown.length > 0) throw new Error(`${folder}: ${unknown.join(", ")} is not supported`);
  return found;
}

/** Changes the manifests by the patches, labels and images of a kustomization. */
function apply(
  { patches = [], labels = [], images = [] }: Kustomization,
  manifests: readonly Manifest[],
  folder: string,
): void {
  const names = new Map(manifests.map((one) => [one, one.metadata.name]));
  for (const { target, patch } of patches) {
    const aimed = manifests.filter(
      (one) =>
        (target.name === undefined || target.name === names.get(one)) &&
        (target.kind === undefined || target.kind === one.kind),
    );
    if (aimed.length === 0)
      throw new Error(`${folder}: no manifest matches ${JSON.stringify(target)}`);
    for (const operation of Bun.YAML.parse(patch) as Operation[]) {
      for (const one of aimed) change(one, operation);
    }
  }
  for (const one of manifests) {
    for (const { pairs, includeSelectors = false } of labels) label(one, pairs, includeSelectors);
    for (const container of nodesUnder(one).filter(({ image }) => typeof image === "string")) {
      container["image"] = imageOf(String(container["image"]), images);
    }
  }
}

function textOf(...names: string[]): Promise<string> {
  return Bun.file(join(...names)).text();
}

function change(manifest: Manifest, { op, path, value }: Operation): void {
  const keys = path.split("/").slice(1);
  const last = unescaped(keys.pop() ?? "");
  let parent: unknown = manifest;
  for (const key of keys) parent = (parent as Node)[unescaped(key)];
  if (op === "add" && last === "-") return void (parent as unknown[]).push(structuredClone(value));
  // Like kubectl, `add` sets a field, and `replace` needs one.
  if (Array.isArray(parent) || (op === "replace" && !Object.hasOwn(parent as Node, last))) {
    throw new Error(`${op} ${path} is not supported`);
  }
  (parent as Node)[last] = structuredClone(value);
}

function unescaped(key: string): string {
  return key.replaceAll("~1", "/").replaceAll("~0", "~");
}

function label(manifest: Manifest, pairs: Record<string, string>, includeSelectors: boolean): void {
  manifest.metadata.labels = { ...manifest.metadata.labels, ...pairs };
  if (!includeSelectors) return;
  const { kind, spec } = manifest as Manifest & { spec?: Node };
  if (kind === "Service") Object.assign(spec?.["selector"] as Node, pairs);
  for (const { matchLabels, template } of nodesUnder(spec)) {
    if (matchLabels) Object.assign(matchLabels, pairs);
    if (template) Object.assign((template as Manifest).metadata.labels as Node, pairs);
  }
}

/** Every object in a value, including the value. */
function nodesUnder(value: unknown): Node[] {
  if (value === null || typeof value !== "object") return [];
  const inner = Object.values(value).flatMap(nodesUnder);
  return Array.isArray(value) ? inner : [value as Node, ...inner];
}

function imageOf(image: string, images: NonNullable<Kustomization["images"]>): string {
  const [name = "", tag] = image.split(":");
  const found = images.find((one) => one.name === name);
  const newTag = found?.newTag ?? tag;
  return `${found?.newName ?? name}${newTag === undefined ? "" : `:${newTag}`}`;
}
