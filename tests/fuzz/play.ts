/**
 * Sequences of requests: creations, and checks of the laws that must then hold for the created
 * resource, as far as HTTP and the names in the document define them.
 */
import * as fc from "fast-check";

import { Finding, type Harvest, type Received, type Sender, type Sent } from "./send.ts";
import { type Given, nameOf, type Route, type Shot, type Target } from "./shot.ts";

/** Steps run in order; each can use the harvest of those before it. */
export type Sequence = readonly Step[];

type Step = { shot: Shot } | Law;

/** A law to check on the resource that was created last. */
type Law = { law: "read" | "revalidate" | "replay" | "remove" } | Change;
interface Change {
  law: "change";
  /** Its body has the changes. */
  change: Shot;
  /** Whether to send an entity tag that never existed. */
  stale: boolean;
}

const STEPS_MAX = 8;

/** Generates sequences from the documents. */
export function sequencesOf(routes: readonly Route[]): fc.Arbitrary<Sequence> {
  const anyShot = fc.oneof(...routes.map(({ shots }) => shots)).map((shot): Step => ({ shot }));
  const creations = routes
    .filter(({ operation }) => operation.responses["201"])
    // A creation that needs the id of another resource comes after it.
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
  /** The path in the document. */
  path: string;
  location: string;
  creation: { sent: Sent; shot: Shot; received: Received };
  body: Record<string, unknown>;
  tag: string;
  removed: boolean;
}

/** @throws Finding at the first wrong response */
export async function play(sequence: Sequence, sender: Sender): Promise<void> {
  const harvest: Harvest = new Map();
  let resource: Resource | undefined;

  for (const step of sequence) {
    if ("shot" in step) {
      const { sent, received } = await sender.send(step.shot, harvest);
      if (received.status === 201) resource = created(step.shot, sent, received);
      // After another request may have changed the resource, its state is unknown.
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
      if (one.removed) return expect(status === 404, "a deleted resource is not found");
      expect(status === 200, "a created resource can be read");
      expect(Bun.deepEquals(json, one.body), "a read returns what was written last");
      expect(headers.get("etag") === one.tag, "a read returns the entity tag of the last change");
    } else if (step.law === "revalidate" && !one.removed) {
      const { status } = (await ask(one, "GET", { "If-None-Match": one.tag })).received;
      expect(status === 304, "a read with the current entity tag is a 304");
    } else if (step.law === "replay") {
      const { sent, shot, received } = one.creation;
      if (!sent.headers.has("idempotency-key")) return;
      const again = (await sender.send(asSent(shot, sent), harvest)).received;
      expect(again.status === 201, "a repeated creation succeeds");
      expect(
        Bun.deepEquals(again.json, received.json),
        "a repeated creation returns the first body",
      );
      expect(
        again.headers.has("idempotency-replayed"),
        "a repeated creation has the header Idempotency-Replayed",
      );
    } else if (step.law === "change" && step.change.path === one.path) {
      await change(step, one);
    } else if (step.law === "remove" && operations["delete"] && !one.removed) {
      const { status } = (await ask(one, "DELETE", { "If-Match": one.tag })).received;
      expect(status === 204, "an existing resource can be deleted");
      one.removed = true;
    }
  }

  async function change({ change: { body }, stale }: Change, one: Resource) {
    if (!body || !("json" in body)) return;
    const tag = stale ? '"stale"' : one.tag;
    const { sent, received } = await ask(one, "PATCH", { "If-Match": tag }, body);
    const { status, json, headers } = received;
    if (one.removed) return expect(status === 404, "a deleted resource cannot be changed");
    if (stale)
      return expect(
        status === 409 || status === 412,
        "a change with an old entity tag is rejected",
      );
    // The state does not allow the change, or it conflicts with another resource.
    if (status === 409) return;
    expect(status === 200, "an existing resource can be changed");
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
  if (path === undefined) throw new Finding(`Location ${location} is not a path of the document`);
  const body = received.json as Record<string, unknown>;
  expectFields(body, sent);
  const tag = received.headers.get("etag") ?? "";
  return { target, path, location, creation: { sent, shot, received }, body, tag, removed: false };
}

/** Every field that was sent must be in the response, with the same value. */
function expectFields(body: Record<string, unknown>, sent: Sent): void {
  const asked = JSON.parse(new TextDecoder().decode(sent.body)) as object;
  for (const [name, value] of Object.entries(asked)) {
    if (!(name in body)) throw new Finding(`${name} was sent, but is not in the response`);
    if (!Bun.deepEquals(body[name], value))
      throw new Finding(`${name} is not the value that was sent`);
  }
}

function expect(holds: boolean, law: string): void {
  if (!holds) throw new Finding(`Violated: ${law}`);
}

function nameIn(path: string): string {
  return /\{([^}]+)\}/.exec(path)?.[1] ?? "";
}

/** The same request again, with the values that were sent. */
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
