/**
 * Sequences of requests: what creates something, and what has to hold of it from then on, as far as HTTP
 * and the names in the document tell.
 */
import * as fc from "fast-check";

import { Finding, type Harvest, type Received, type Sender, type Sent } from "./send.ts";
import { type Given, nameOf, type Route, type Shot, type Target } from "./shot.ts";

/** One after the other; the harvest of each is there for those behind it. */
export type Sequence = readonly Step[];

type Step = { shot: Shot } | Law;

/** What is asked of the resource that was created last. */
type Law = { law: "read" | "revalidate" | "replay" | "remove" } | Change;
interface Change {
  law: "change";
  /** Its body is what to change. */
  change: Shot;
  /** Whether a version is named that there never was. */
  stale: boolean;
}

const STEPS_MAX = 8;

/** The sequences that the documents allow for. */
export function sequencesOf(routes: readonly Route[]): fc.Arbitrary<Sequence> {
  const anyShot = fc.oneof(...routes.map(({ shots }) => shots)).map((shot): Step => ({ shot }));
  const creations = routes
    .filter(({ operation }) => operation.responses["201"])
    // What needs the id of another thing comes after it.
    .toSorted((a, b) => needs(a) - needs(b));
  const changes = routes.filter(({ method }) => method === "patch").map(({ fitting }) => fitting);
  const law = fc.oneof(
    fc.constantFrom("read", "revalidate", "replay", "remove").map((law): Step => ({ law })),
    fc.record({
      law: fc.constant("change"),
      change: fc.oneof(...changes),
      stale: fc.boolean(),
    }),
  );
  const beginnings = creations.map(({ fitting }) =>
    fc
      .tuple(fc.option(fitting, { freq: 9 }), fc.array(law, { maxLength: 2 }))
      .map(([shot, laws]) => (shot ? [{ shot } as Step].concat(laws) : [])),
  );
  const steps = fc.array(fc.oneof(anyShot, anyShot, law), { minLength: 1, maxLength: STEPS_MAX });
  return fc
    .tuple(fc.tuple(...beginnings), steps)
    .map(([beginnings, steps]) => beginnings.flat().concat(steps));
}

function needs({ target, operation }: Route): number {
  const { content = {} } = operation.requestBody ?? {};
  const bodies = Object.values(content).map(({ schema }) => {
    const { properties = {} } = target.document.components.schemas[nameOf(schema.$ref ?? "")] ?? {};
    return Object.values(properties).filter(({ $ref = "" }) => $ref.endsWith("Id")).length;
  });
  return Math.max(0, ...bodies);
}

interface Resource {
  target: Target;
  /** The path in the document, and the address. */
  path: string;
  location: string;
  creation: { sent: Sent; shot: Shot; received: Received };
  body: Record<string, unknown>;
  tag: string;
  removed: boolean;
}

/** @throws Finding at the first response that should not be */
export async function play(sequence: Sequence, sender: Sender): Promise<void> {
  const harvest: Harvest = new Map();
  let resource: Resource | undefined;

  for (const step of sequence) {
    if ("shot" in step) {
      const { sent, received } = await sender.send(step.shot, harvest);
      if (received.status === 201) resource = created(step.shot, sent, received);
      // What was changed by a request beside the laws is not known any more.
      else if (resource && mayHaveChanged(sent, resource)) resource = undefined;
    } else if (resource) {
      await uphold(step, resource, harvest);
    }
  }

  async function ask(
    { target, path, location }: Resource,
    method: string,
    headers: Record<string, string> = {},
    body?: Shot["body"],
  ) {
    const parameters: Given[] = [
      { in: "path", name: nameIn(path), value: location.replace(/^.*\//, ""), encoded: true },
      ...Object.entries(headers).map(([name, value]) => ({ in: "header" as const, name, value })),
    ];
    const shot = { target, path, method, parameters, ...(body && { body }) };
    return sender.send(shot, harvest);
  }

  async function uphold(step: Law, one: Resource, harvest: Harvest) {
    const operations = one.target.document.paths[one.path] ?? {};
    if (step.law === "read") {
      const { status, json, headers } = (await ask(one, "GET")).received;
      if (one.removed) return expect(status === 404, "what was removed is not there");
      expect(status === 200, "what was created can be read");
      expect(Bun.deepEquals(json, one.body), "what is read is what was written last");
      expect(headers.get("etag") === one.tag, "it has the entity tag that the change told");
    } else if (step.law === "revalidate" && !one.removed) {
      const { status } = (await ask(one, "GET", { "If-None-Match": one.tag })).received;
      expect(status === 304, "who has the current version is told so");
    } else if (step.law === "replay") {
      const { sent, shot, received } = one.creation;
      if (!sent.headers.has("idempotency-key")) return;
      const again = (await sender.send(asSent(shot, sent), harvest)).received;
      expect(again.status === 201, "a creation that is sent again succeeds again");
      expect(Bun.deepEquals(again.json, received.json), "it has the first body again");
      expect(again.headers.has("idempotency-replayed"), "it says that it is a replay");
    } else if (step.law === "change" && step.change.path === one.path) {
      await change(step, one);
    } else if (step.law === "remove" && operations["delete"] && !one.removed) {
      const { status } = (await ask(one, "DELETE", { "If-Match": one.tag })).received;
      expect(status === 204, "what is there can be removed");
      one.removed = true;
    }
  }

  async function change({ change: { body }, stale }: Change, one: Resource) {
    if (!body || !("json" in body)) return;
    const tag = stale ? '"stale"' : one.tag;
    const { sent, received } = await ask(one, "PATCH", { "If-Match": tag }, body);
    const { status, json, headers } = received;
    if (one.removed) return expect(status === 404, "what was removed cannot be changed");
    if (stale) return expect(status === 409 || status === 412, "another version is not changed");
    // It may not go there from where it is, or something else stands in the way.
    if (status === 409) return;
    expect(status === 200, "what is there can be changed");
    const now = json as Record<string, unknown>;
    expectFields(now, sent);
    one.body = now;
    one.tag = headers.get("etag") ?? "";
  }
}

function mayHaveChanged({ method, url }: Sent, { location }: Resource): boolean {
  if (["GET", "HEAD", "OPTIONS"].includes(method)) return false;
  return url.pathname.includes("%") || url.pathname === location;
}

function created(shot: Shot, sent: Sent, received: Received): Resource | undefined {
  const location = received.headers.get("location") ?? "";
  const { target } = shot;
  const path = Object.keys(target.document.paths).find((path) =>
    new RegExp(`^${path.replace(/\{[^}]+\}/, "[^/]+")}$`).test(location),
  );
  if (path === undefined) throw new Finding(`Location ${location} is no path of the document`);
  const body = received.json as Record<string, unknown>;
  expectFields(body, sent);
  const tag = received.headers.get("etag") ?? "";
  return { target, path, location, creation: { sent, shot, received }, body, tag, removed: false };
}

/** What was asked for under a name is there under that name. */
function expectFields(body: Record<string, unknown>, sent: Sent): void {
  const asked = JSON.parse(new TextDecoder().decode(sent.body)) as object;
  for (const [name, value] of Object.entries(asked)) {
    if (!(name in body)) throw new Finding(`${name} was sent, and is not in the response`);
    if (!Bun.deepEquals(body[name], value)) throw new Finding(`${name} is another than was sent`);
  }
}

function expect(holds: boolean, law: string): void {
  if (!holds) throw new Finding(`Not upheld: ${law}`);
}

function nameIn(path: string): string {
  return /\{([^}]+)\}/.exec(path)?.[1] ?? "";
}

/** The very same request, whatever was harvested since. */
function asSent(shot: Shot, sent: Sent): Shot {
  const parameters = sent.parameters.map(({ in: place, name, text }) => ({
    in: place,
    name,
    value: text,
    encoded: place === "path",
  }));
  const { body } = sent;
  return {
    ...shot,
    parameters,
    ...(body && { body: { raw: body, ...(shot.body?.type && { type: shot.body.type }) } }),
  };
}
