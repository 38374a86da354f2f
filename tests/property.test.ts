/**
 * What holds for all input, tried with generated input. The generators are made of the schemas of the
 * contract. FC_SEED takes another seed than the usual one, or `random`; a failure prints its own.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";

import { Kind, type TSchema } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { Ajv2020 } from "ajv/dist/2020.js";
import * as fc from "fast-check";

import currencies from "../shared/currencies.json";
import {
  NewOrder,
  NewUser,
  type Order,
  OrderExpandQuery,
  OrderPatch,
  OrderQuery,
  type User,
  UserPatch,
  UserQuery,
} from "../shared/types.ts";
import { openApps } from "./support/apps.ts";
import { ask, pointersOf, problemIn } from "./support/ask.ts";
import { createGenerators } from "./support/generators.ts";
import { NAMES } from "./support/services.ts";

const given = process.env["FC_SEED"] || "20260102";
const seed = given === "random" ? Date.now() % 2 ** 31 : Number(given);
console.log(`tests/property.test.ts: FC_SEED=${seed}`);

const { valid, invalid, any } = createGenerators({
  // What TypeBox does not look at, `if` for example, is no schema to it.
  fits: (schema, value) => !(Kind in schema) || Value.Check(schema as TSchema, value),
});

function holds<Input>(
  arbitrary: fc.Arbitrary<Input>,
  property: (input: Input) => Promise<void>,
  numRuns = 100,
): Promise<void> {
  return fc.assert(fc.asyncProperty(arbitrary, property), { seed, numRuns });
}

let apps: Awaited<ReturnType<typeof openApps>>;
beforeAll(async () => void (apps = await openApps()));
afterAll(() => apps.close());

describe("What is created is read back equal:", () => {
  test("a user", async () => {
    await holds(valid(NewUser), async (body) => {
      const answer = await ask(apps.users, "/users", { body });
      expect(answer.status).toBe(201);
      const user = (await answer.json()) as User;
      expect(user).toMatchObject(body as NewUser);
      const path = answer.headers.get("location") ?? "";
      expect(await (await ask(apps.users, path)).json()).toEqual(user);
      const query = new URLSearchParams({ email: user.email.toUpperCase() });
      expect(await (await ask(apps.users, `/users?${query}`)).json()).toEqual([user]);
      expect((await ask(apps.users, path, { method: "DELETE" })).status).toBe(204);
    });
  });

  test("a user who is changed", async () => {
    await holds(valid(UserPatch), async (body) => {
      const before = (await (await ask(apps.users, "/users/1")).json()) as User;
      const answer = await ask(apps.users, "/users/1", { method: "PATCH", body });
      expect(answer.status).toBe(200);
      const after = (await answer.json()) as User;
      expect(after).toEqual({ ...before, ...(body as UserPatch), updated_at: after.updated_at });
      expect(await (await ask(apps.users, "/users/1")).json()).toEqual(after);
    });
  });

  test("an order, to the cent", async () => {
    await holds(valid(NewOrder), async (generated) => {
      const body = inWholeUnits({ ...(generated as NewOrder), user_id: "2" });
      const answer = await ask(apps.orders, "/orders", { body });
      expect(answer.status).toBe(201);
      const order = (await answer.json()) as Order;
      expect(order).toMatchObject(body);
      const path = answer.headers.get("location") ?? "";
      expect(await (await ask(apps.orders, path)).json()).toEqual(order);
    });
  });
});

/** Half a yen is no amount, whatever the schemas of both fields say of it. */
function inWholeUnits(order: NewOrder): NewOrder {
  const hasParts = new Map(Object.entries(currencies.places)).get(order.currency ?? "EUR") !== 0;
  return hasParts ? order : { ...order, amount: Math.ceil(order.amount) };
}

describe("A body that does not fit is a 422 that names the fields which a JSON Schema names:", () => {
  test.each([
    ["users", "POST", "/users", NewUser],
    ["users", "PATCH", "/users/1", UserPatch],
    ["orders", "POST", "/orders", NewOrder],
    ["orders", "PATCH", "/orders/1", OrderPatch],
  ] as const)("%s, %s %s", async (service, method, path, schema) => {
    const offending = judge(schema);
    await holds(invalid(schema), async (body) => {
      const problem = await problemIn(await ask(apps[service], path, { method, body: text(body) }));
      expect(problem).toMatchObject({ status: 422, code: "invalid_body" });
      expect(pointersOf(problem).toSorted()).toEqual(offending(body));
    });
  });
});

test("A body of JSON is refused for its depth if its value is deeper than sixteen, and only then", async () => {
  await holds(fc.jsonValue({ maxDepth: 24, depthSize: "large" }), async (body) => {
    const { status } = await ask(apps.users, "/users", { body: JSON.stringify(body) });
    expect(status).toBe(depthOf(body) > 16 ? 400 : 422);
  });
});

function depthOf(value: unknown): number {
  if (value === null || typeof value !== "object") return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

async function survives(asked: Promise<Response>) {
  const answer = await asked;
  expect(answer.status).toBeLessThan(500);
  if (answer.status >= 400) await problemIn(answer);
}

describe("Nothing that can be sent is answered with a 5xx, and every refusal is a problem:", () => {
  test("any bytes as a body", async () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.json().map((json) => Buffer.from(json)),
      fc
        .string({ unit: fc.constantFrom(...'{}[]",:\\u0d8eE+-.1 \n') })
        .map((it) => Buffer.from(it)),
    );
    await holds(bytes, async (body) => {
      await survives(ask(apps.users, "/users", { body: new Uint8Array(body) }));
    });
  });

  test("any path and any query", async () => {
    const word = fc.oneof(
      fc.string({ unit: "binary", maxLength: 20 }).map(encodeURIComponent),
      fc.string({ unit: fc.constantFrom(..."%0Zf.;:@!$&'()*+,=?~^|[]") }),
    );
    const paths = fc.tuple(fc.constantFrom(...NAMES), word, word, word);
    await holds(
      paths,
      async ([service, id, name, value]) => {
        for (const app of NAMES.map((name) => apps[name])) {
          await survives(ask(app, `/${service}/${id}`));
          await survives(ask(app, `/${service}?${name}=${value}&user_id=${value}`));
          await survives(ask(app, `/${service}/${id}?${name}=${value}`, { method: "DELETE" }));
        }
      },
      40,
    );
  });

  test("queries that fit their schemas, and those that nearly do", async () => {
    const all = fc.tuple(any(UserQuery), any(OrderQuery), any(OrderExpandQuery));
    await holds(all, async ([users, orders, expand]) => {
      await survives(ask(apps.users, `/users?${queryOf(users)}`));
      await survives(ask(apps.orders, `/orders?${queryOf(orders)}`));
      await survives(ask(apps.orders, `/orders/1?${queryOf(expand)}`));
    });
  });

  test("any text in the headers that are read", async () => {
    // What fetch lets through: neither NUL nor line ends, and a byte a character.
    const value = fc.oneof(
      fc.string({ unit: fc.constantFrom(...' "W/*,1-9aé\t~') }),
      fc.string().filter((one) => /^[\t\x20-\x7e\x80-\xff]*$/.test(one)),
    );
    await holds(value, async (one) => {
      const headers = { "if-match": one, "if-none-match": one, "idempotency-key": one };
      const named = { ...headers, "x-request-id": one };
      await survives(ask(apps.users, "/users/1", { headers: named }));
      const patch = { method: "PATCH", headers: named, body: { status: "pending" } };
      await survives(ask(apps.orders, "/orders/1", patch));
      await survives(ask(apps.users, "/users", { headers: named, body: { name: "A" } }));
      const typed = { ...headers, "content-type": one, "content-encoding": one };
      await survives(ask(apps.users, "/users", { headers: typed, body: "{}" }));
    });
  });
});

/** What a validator that knows nothing of TypeBox finds wrong: the pointers, each once. */
function judge(schema: TSchema): (value: unknown) => string[] {
  const ajv = new Ajv2020({
    allErrors: true,
    multipleOfPrecision: 4,
    strict: false,
    logger: false,
  });
  // What is said of several fields at once names none.
  const { if: _if, else: _else, ...plain } = schema;
  const validate = ajv.compile(JSON.parse(JSON.stringify(plain)));
  return (value) => {
    validate(JSON.parse(text(value)));
    const pointers = (validate.errors ?? []).map(({ instancePath, params }) => {
      const name = params["missingProperty"] ?? params["additionalProperty"];
      if (name === undefined) return instancePath;
      return `${instancePath}/${String(name).replaceAll("~", "~0").replaceAll("/", "~1")}`;
    });
    return [...new Set(pointers)].toSorted();
  };
}

/** As JSON: `-0` is one number of those that it has. */
function text(value: unknown): string {
  return JSON.stringify(value);
}

function queryOf(value: unknown): URLSearchParams {
  const pairs = value !== null && typeof value === "object" ? Object.entries(value) : [["x", "y"]];
  return new URLSearchParams(pairs.map(([name, one]) => [String(name), String(one)]));
}
