/**
 * Properties that hold for all input, tested with input generated from the schemas of the contract.
 * FC_SEED sets another seed than the default, or `random`. A failure prints its seed.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";

import { Kind, type TSchema } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { Ajv2020 } from "ajv/dist/2020.js";
import * as fc from "fast-check";

import currencies from "../../shared/currencies.json";
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
} from "../../shared/types.ts";
import { anyBytes, headerText } from "../fuzz/twist.ts";
import { openApps } from "../support/apps.ts";
import { ask, pointersOf, problemIn } from "../support/ask.ts";
import { addRules } from "../support/document.ts";
import { createGenerators } from "../support/generators.ts";
import { NAMES } from "../support/services.ts";

// A hundred inputs each take long on a busy machine.
setDefaultTimeout(60_000);

const given = process.env["FC_SEED"] || "20260102";
const seed = given === "random" ? Date.now() % 2 ** 31 : Number(given);
console.log(`tests/pair/property.test.ts: FC_SEED=${seed}`);

const { valid, invalid, any } = createGenerators({
  // TypeBox does not know some keywords, such as `if`: they are not schemas to it.
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

describe("A client", () => {
  test("reads back a user equal to the one it created", async () => {
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

  test("reads back a user equal to the one it changed", async () => {
    await holds(valid(UserPatch), async (body) => {
      const before = (await (await ask(apps.users, "/users/1")).json()) as User;
      const answer = await ask(apps.users, "/users/1", { method: "PATCH", body });
      expect(answer.status).toBe(200);
      const after = (await answer.json()) as User;
      expect(after).toEqual({ ...before, ...(body as UserPatch), updated_at: after.updated_at });
      expect(await (await ask(apps.users, "/users/1")).json()).toEqual(after);
    });
  });

  test("reads back an order equal to the one it created, to the cent", async () => {
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

/** Rounds up amounts in currencies without decimal places, which the schema of `amount` allows. */
function inWholeUnits(order: NewOrder): NewOrder {
  const hasParts = new Map(Object.entries(currencies.places)).get(order.currency ?? "EUR") !== 0;
  return hasParts ? order : { ...order, amount: Math.ceil(order.amount) };
}

describe("An invalid body", () => {
  test.each([
    ["users", "POST", "/users", NewUser],
    ["users", "PATCH", "/users/1", UserPatch],
    ["orders", "POST", "/orders", NewOrder],
    ["orders", "PATCH", "/orders/1", OrderPatch],
  ] as const)(
    "is rejected by %s %s %s with 422, naming the same fields as Ajv",
    async (service, method, path, schema) => {
      const offending = judge(schema);
      await holds(invalid(schema), async (body) => {
        const problem = await problemIn(
          await ask(apps[service], path, { method, body: text(body) }),
        );
        expect(problem).toMatchObject({ status: 422, code: "invalid_body" });
        expect(pointersOf(problem).toSorted()).toEqual(offending(body));
      });
    },
  );
});

test("A JSON body is rejected for its depth only if it is nested more than 16 levels deep", async () => {
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

describe("A service", () => {
  test("never responds with 5xx to any bytes as a body, and rejects with problem documents", async () => {
    await holds(anyBytes, async (body) => {
      await survives(ask(apps.users, "/users", { body: new Uint8Array(body) }));
    });
  });

  test("never responds with 5xx to any path and query, and rejects with problem documents", async () => {
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

  test("never responds with 5xx to valid and almost valid queries", async () => {
    const all = fc.tuple(any(UserQuery), any(OrderQuery), any(OrderExpandQuery));
    await holds(all, async ([users, orders, expand]) => {
      await survives(ask(apps.users, `/users?${queryOf(users)}`));
      await survives(ask(apps.orders, `/orders?${queryOf(orders)}`));
      await survives(ask(apps.orders, `/orders/1?${queryOf(expand)}`));
    });
  });

  test("never responds with 5xx to any text in the headers that it reads", async () => {
    await holds(headerText, async (one) => {
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

/** The pointers that an independent validator reports, each once. */
function judge(schema: TSchema): (value: unknown) => string[] {
  const ajv = new Ajv2020({ allErrors: true, strict: false, logger: false });
  addRules(ajv);
  // An error of `if` concerns several fields and names none of them.
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

/** The JSON text. It has `0` for `-0`. */
function text(value: unknown): string {
  return JSON.stringify(value);
}

function queryOf(value: unknown): URLSearchParams {
  const pairs = value !== null && typeof value === "object" ? Object.entries(value) : [["x", "y"]];
  return new URLSearchParams(pairs.map(([name, one]) => [String(name), String(one)]));
}
