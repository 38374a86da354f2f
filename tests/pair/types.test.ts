import { describe, expect, test } from "bun:test";

import type { TSchema } from "@sinclair/typebox";
import { TypeCompiler } from "@sinclair/typebox/compiler";
import { Value } from "@sinclair/typebox/value";

import { Text } from "../../platform/contract/schema-kinds.ts";
import currencies from "../../shared/currencies.json";
import { fromMinor, toMinor } from "../../shared/money.ts";
import {
  Amount,
  ChangeHeaders,
  Currency,
  Cursor,
  Email,
  FieldError,
  Name,
  NewCurrency,
  Note,
  OrderStatus,
  ReadHeaders,
  Timestamp,
  UserId,
} from "../../shared/types.ts";
import { openApps } from "../support/apps.ts";
import { ask, pointersOf, problemIn } from "../support/ask.ts";

/** One of each kind: soft hyphen, joiners, fillers, bidi marks, isolates, operators, selectors, tags. */
const INVISIBLE = Array.from(
  "\u00ad\u034f\u061c\u115f\u1160\u17b4\u180b\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202e" +
    "\u2060\u2064\u2065\u2066\u2069\u206a\u206f\u2800\u3164\ufe00\ufe0f\ufeff\uffa0\ufff9\ufffb" +
    "\u{13430}\u{16fe4}\u{1bca0}\u{1d159}\u{1d173}\u{e0001}\u{e0020}\u{e007f}\u{e0100}\u{e01ef}",
);

const examples: [string, TSchema, { valid: unknown[]; invalid: unknown[] }][] = [
  [
    "an id",
    UserId,
    {
      valid: ["1", "a", "A_b-9", "_", "-1", "019b76da-a800-7000-8000-000000000000", "x".repeat(64)],
      invalid: ["", "a b", "a/b", ".", "..", ":", "a,b", "é", "x".repeat(65), "1\n", 1, null],
    },
  ],
  [
    "an id that is the subject of a common issuer",
    UserId,
    {
      valid: [
        "auth0|507f1f77bcf86cd799439020",
        "00u1a2b3c4d5e6f7g8h9",
        "f:8d1d6a2e-9a3c-4c57-8d4e-0e6a1b9f7c11:alice",
        "AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ",
        "_-AkzqFVrSaSaFHy782bbtaQ",
        "103547991597142817347",
        "us-east-1:1f0e2d3c-4b5a-6978-8796-a5b4c3d2e1f0",
        "system:serviceaccount:shop:orders",
        "alice.liddell@example.com",
      ],
      invalid: ["https://issuer.example.com/alice", "did:web:example.com#key", "Alice Liddell"],
    },
  ],
  [
    "a name",
    Name,
    {
      valid: ["A", " A ", "O'Brien", "李雷", "<b>", "🦓".repeat(100), "e\u0301", "x".repeat(100)],
      invalid: ["", " ", "\u00a0\u3000", "a\tb", "\0", "\u0085", "\u2028", "🦓".repeat(101), 7],
    },
  ],
  [
    "a name with characters that cannot be seen",
    Name,
    {
      valid: [
        "\u200fA",
        "👩\u200d🚀",
        "❤\ufe0f",
        "ن\u200cم",
        "🏴\u{e0067}\u{e007f}",
        "\u0605",
        "\u00b4",
      ],
      invalid: INVISIBLE.flatMap((one) => [one, ` ${one} ${one}`]).concat(INVISIBLE.join("")),
    },
  ],
  [
    "a note",
    Note,
    {
      valid: ["x".repeat(500), "🦓".repeat(500)],
      invalid: ["x".repeat(501), "\ud83e", "\udd93\ud83e", "a\nb", ""],
    },
  ],
  [
    "an email",
    Email,
    {
      valid: ["a@b", "a.b+c@example.co.uk", "o'brien@x-y.example", `${"a".repeat(64)}@b.c`],
      invalid: [
        "",
        "a",
        "@b",
        "a@",
        "a@b.",
        "a@-b",
        "a b@c",
        "a@b@c",
        `${"a".repeat(65)}@b.c`,
        "é@b",
      ],
    },
  ],
  [
    "an amount",
    Amount,
    {
      valid: [0.01, 0.07, 0.29, 1.1, 4.35, 1.15, 100.5, 123456789.01, 999999999.99, 1e9],
      invalid: [
        0,
        -0,
        -1,
        0.001,
        1.005,
        0.1 + 0.2,
        1e9 + 0.01,
        1e300,
        Infinity,
        NaN,
        "1",
        null,
        1n,
      ],
    },
  ],
  [
    "the currency of a new order",
    NewCurrency,
    {
      valid: ["EUR", "USD", "JPY", "KRW", "XAF", "XCG", "ZWG", "CLP", "UYU"],
      invalid: ["XXX", "XTS", "XAU", "XDR", "DEM", "BGN", "ANG", "BHD", "CLF", "USN", "eur", "", 1],
    },
  ],
  ["a currency", Currency, { valid: ["EUR", "CHF"], invalid: ["eur", "EU", "EURO", "E R", ""] }],
  [
    "a status",
    OrderStatus,
    { valid: ["pending", "cancelled"], invalid: ["canceled", "Paid", "", null] },
  ],
  [
    "a time",
    Timestamp,
    {
      valid: ["2026-01-02T03:04:05.678Z", new Date(0).toISOString()],
      invalid: [
        "2026-01-02T03:04:05Z",
        "2026-01-02T03:04:05.678+01:00",
        "2026-13-01T00:00:00.000Z",
      ],
    },
  ],
  ["a cursor", Cursor, { valid: ["a", "_-"], invalid: ["", "a=", "a+b", "x".repeat(513)] }],
  [
    "a pointer",
    FieldError.properties.pointer,
    { valid: ["", "/", "/a", "/a~1b/~0", "/é"], invalid: ["a", "/~", "/~2"] },
  ],
  [
    "an If-Match header",
    ChangeHeaders.properties["if-match"],
    {
      valid: ["*", '""', '"a"', 'W/"a"', '"a", "b" , W/"c"', '"a,b"'],
      invalid: ["", "a", '"', '"a" "b"', '"a",', '*, "a"', '"a b"', '"é"'],
    },
  ],
];

describe("The contract", () => {
  test.each(examples)("accepts only valid values for %s", (_what, schema, { valid, invalid }) => {
    const compiled = TypeCompiler.Compile(schema);
    for (const check of [compiled.Check.bind(compiled), Value.Check.bind(Value, schema)]) {
      expect(valid.filter((value) => !check(value))).toEqual([]);
      expect(invalid.filter((value) => check(value))).toEqual([]);
    }
  });

  test("accepts every amount in whole cents, which is unchanged after conversion to cents and back", () => {
    for (let cents = 1; cents <= 100_000_000_000; cents = Math.ceil(cents * 1.0007)) {
      const amount = fromMinor(cents);
      expect(Value.Check(Amount, amount) && toMinor(amount) === cents).toBe(true);
    }
  });

  test("lists every currency once, and the runtime knows all except newer ones", () => {
    const codes = Object.keys(currencies.places);
    expect(codes).toHaveLength(178);
    expect(codes).toEqual(codes.toSorted());
    for (const code of currencies.funds) expect(codes).toContain(code);
    const known = new Set(Intl.supportedValuesOf("currency"));
    expect(codes.filter((code) => !known.has(code))).toEqual(["XAD"]);
    expect(Object.values(currencies.places).filter((places) => places === 0)).toHaveLength(17);
    expect(Object.values(currencies.places).filter((places) => places === null)).toHaveLength(13);
  });

  test("has no pattern that backtracks exponentially on text that almost matches", () => {
    const nearly = [
      [Email, `${"a".repeat(64)}@${"a-".repeat(94)}!`],
      [Name, `${" ".repeat(60_000)}\n`],
      [ChangeHeaders.properties["if-match"], '"a", '.repeat(200)],
      [ReadHeaders.properties["if-none-match"], '"a" , '.repeat(2_700)],
      [FieldError.properties.pointer, `${"/~0".repeat(300)}~`],
    ] as const;
    // With exponential backtracking the test would time out.
    for (const [schema, text] of nearly) expect(Value.Check(schema, text)).toBe(false);
  });
});

test("The document lists the values of expand and status as enumerations", async () => {
  const { orders, close } = await openApps();
  const answer = await orders.handle(new Request("http://localhost/swagger/json"));
  const { components } = (await answer.json()) as {
    components: { schemas: Record<string, object> };
  };
  expect(components.schemas["Expand"]).toMatchObject({ type: "string", enum: ["user"] });
  expect(components.schemas["OrderStatus"]).toMatchObject({
    type: "string",
    enum: ["pending", "paid", "shipped", "delivered", "cancelled"],
  });
  await close();
});

test("A text has as many characters as code points, for its minimum as for its maximum", () => {
  const pair = Text({ minLength: 2, maxLength: 2 });
  const fits = (text: string) => Value.Check(pair, text);
  expect(["🦓", "🦓🦓", "🦓a", "ab", "a", "🦓🦓a"].map(fits)).toEqual([
    false,
    true,
    true,
    true,
    false,
    false,
  ]);
});

test("A stored name of invisible characters can still be read, but not written again", async () => {
  const apps = await openApps();
  const text = "UPDATE users SET name = $1 WHERE id = '1'";
  await apps.users.database.write([{ text, values: ["\u200b"] }]);
  const found = await ask(apps.users, "/users/1");
  expect(await found.json()).toMatchObject({ name: "\u200b" });
  const change = { method: "PATCH", body: { name: "\u2060" } };
  expect(pointersOf(await problemIn(await ask(apps.users, "/users/1", change)))).toEqual(["/name"]);
  const seen = await ask(apps.orders, "/orders/1?expand=user");
  expect(await seen.json()).toMatchObject({ user: { name: "\u200b" } });
  await apps.close();
});
