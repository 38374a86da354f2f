import { afterAll, beforeAll, describe, expect, test } from "bun:test";

import { exportJWK } from "jose";

import {
  AUDIENCE,
  createSigner,
  ISSUER,
  serveKeySet,
  sign,
  type Signer,
} from "../../tests/support/issuer.ts";
import { silent } from "../process/log.ts";
import { createKeySet, type KeySetOptions } from "./key-set.ts";
import { KeysUnavailable } from "./keys.ts";
import { createVerifier, InvalidToken } from "./verifier.ts";

const MINUTE = 60_000;

let first: Signer;
let second: Signer;
beforeAll(async () => {
  [first, second] = await Promise.all([createSigner("first"), createSigner("second")]);
});

/** A token verifier that loads its keys from a URL, with its own clock. */
function openVerifier(url: string, { timeoutMs = 5_000, ...options }: Partial<KeySetOptions> = {}) {
  const clock = { ms: 0 };
  const keys = createKeySet({ url, log: silent, timeoutMs, ...options, now: () => clock.ms });
  return { clock, keys, ...createVerifier({ keys, issuer: ISSUER, audience: AUDIENCE }) };
}

describe("A key set", () => {
  test.each(["RS256", "ES256", "EdDSA"] as const)("verifies %s tokens", async (alg) => {
    const signer = await createSigner("1", alg);
    await using issuer = serveKeySet([first, signer]);
    const { verify } = openVerifier(issuer.url);
    expect((await verify(await sign(signer))).subject).toBe("1");
  });

  test("is fetched once for all tokens that arrive meanwhile", async () => {
    await using issuer = serveKeySet([first]);
    const { verify } = openVerifier(issuer.url);
    const tokens = await Promise.all(
      ["1", "2", "3"].map((sub) => sign(first, { claims: { sub } })),
    );
    await Promise.all(tokens.map((token) => verify(token)));
    await verify(await sign(first, { claims: { sub: "4" } }));
    expect(issuer.requests()).toBe(1);
  });

  test("verifies a token without a key id only if one key has its algorithm", async () => {
    await using issuer = serveKeySet([first, await createSigner("rsa", "RS256")]);
    const { verify } = openVerifier(issuer.url);
    const { kid: _, ...nameless } = first;
    expect((await verify(await sign(nameless))).subject).toBe("1");
    issuer.publish([first, second]);
    const both = openVerifier(issuer.url);
    expect(both.verify(await sign(nameless))).rejects.toThrow("unknown key");
  });

  test("rejects a token that is signed with its public key as a secret", async () => {
    await using issuer = serveKeySet([first]);
    const { verify } = openVerifier(issuer.url);
    const secret = Buffer.from(JSON.stringify(first.publicJwk));
    const forged = await sign({ kid: first.kid, alg: "HS256", privateKey: secret });
    expect(verify(forged)).rejects.toThrow("algorithm");
    expect(issuer.requests()).toBe(0);
  });

  test("rejects a token that names one of its keys and is signed with another", async () => {
    await using issuer = serveKeySet([first, second]);
    const { verify } = openVerifier(issuer.url);
    expect(verify(await sign({ ...first, kid: "second" }))).rejects.toThrow("signature");
  });

  test("ignores keys that are invalid, secret or not for signatures", async () => {
    const others = [
      { ...first.publicJwk, kid: "encrypts", use: "enc" },
      { ...first.publicJwk, kid: "wraps", key_ops: ["wrapKey"] },
      { ...first.publicJwk, kid: "other", alg: "ES384" },
      { ...first.publicJwk, kid: "broken", x: "AAAA" },
      { ...(await exportJWK(first.privateKey)), kid: "private" },
      { kty: "oct", kid: "secret", k: "AAAA" },
      { kty: "RSA", kid: "empty" },
      { kid: "nothing" },
    ];
    await using issuer = serveKeySet([first]);
    issuer.answerWith(() => Response.json({ keys: [...others, first.publicJwk] }));
    const { verify } = openVerifier(issuer.url);
    for (const { kid } of others) {
      expect([kid, await reasonOf(verify(await sign({ ...first, kid })))]).toEqual([
        kid,
        "unknown key",
      ]);
    }
    expect((await verify(await sign(first))).subject).toBe("1");
  });

  test("rejects a token that is signed with an RSA key that is too short", async () => {
    const { privateKey, publicKey } = await shortRsa();
    await using issuer = serveKeySet([]);
    const jwk = { ...(await exportJWK(publicKey)), kid: "short", alg: "RS256" };
    issuer.answerWith(() => Response.json({ keys: [jwk] }));
    const { verify } = openVerifier(issuer.url);
    const input = [
      { alg: "RS256", kid: "short" },
      { iss: ISSUER, aud: AUDIENCE, sub: "1", exp: 9e9 },
    ]
      .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
      .join(".");
    const signature = await crypto.subtle.sign("RSASSA-PKCS1-v1_5", privateKey, Buffer.from(input));
    const token = `${input}.${Buffer.from(signature).toString("base64url")}`;
    expect(await reasonOf(verify(token))).toBe("malformed");
  });
});

describe("A refresh of the key set", () => {
  test("accepts a token of a new key immediately", async () => {
    await using issuer = serveKeySet([first]);
    const { clock, verify } = openVerifier(issuer.url);
    await verify(await sign(first));
    issuer.publish([first, second]);
    clock.ms = 10_000;
    expect((await verify(await sign(second))).subject).toBe("1");
    expect(issuer.requests()).toBe(2);
  });

  test("happens at most every 10 s for unknown keys, however many are invented", async () => {
    await using issuer = serveKeySet([first]);
    const { clock, verify } = openVerifier(issuer.url);
    await verify(await sign(first));
    for (let ms = 500; ms <= 60_000; ms += 500) {
      clock.ms = ms;
      const invented = await sign({ ...second, kid: `invented-${ms}` });
      expect(await reasonOf(verify(invented))).toBe("unknown key");
    }
    expect(issuer.requests()).toBe(7);
  });

  test("removes verified tokens from the cache, and rejects a token of a removed key", async () => {
    await using issuer = serveKeySet([first, second]);
    const { clock, recall, verify } = openVerifier(issuer.url);
    const tokens = [await sign(first), await sign(second)] as const;
    for (const token of tokens) await verify(token);
    issuer.publish([second]);
    clock.ms = 5 * MINUTE - 1;
    expect(recall(tokens[0])).toBeDefined();
    expect(issuer.requests()).toBe(1);

    clock.ms = 5 * MINUTE;
    expect(await recall(tokens[0])).toBeUndefined();
    expect(issuer.requests()).toBe(2);
    expect(recall(tokens[1])).toBeUndefined();
    expect(await reasonOf(verify(tokens[0]))).toBe("unknown key");
    expect((await verify(tokens[1])).subject).toBe("1");
  });

  test("is what the first token waits for after hours without requests, cached or not", async () => {
    await using issuer = serveKeySet([first, second]);
    const { clock, recall, verify } = openVerifier(issuer.url);
    const token = await sign(first);
    await verify(token);
    issuer.publish([second]);
    clock.ms = 3 * 60 * MINUTE;
    const other = verify(await sign(first, { claims: { sub: "2" } }));
    expect(await recall(token)).toBeUndefined();
    expect(await reasonOf(other)).toBe("unknown key");
    expect(issuer.requests()).toBe(2);
  });

  test("is made ahead of time by requests and by probes, so that none has to wait", async () => {
    await using issuer = serveKeySet([first]);
    const { clock, keys, recall, verify } = openVerifier(issuer.url);
    const token = await sign(first);
    await verify(token);
    const again = { read: Promise.withResolvers<void>() };
    issuer.answerWith(() => {
      again.read.resolve();
      return Response.json({ keys: [first.publicJwk] });
    });
    for (const begin of [() => recall(token), () => void keys.ping()]) {
      again.read = Promise.withResolvers<void>();
      clock.ms += 4 * MINUTE;
      begin();
      await again.read.promise;
      // Joins the refresh, which has reached the issuer and is about to end.
      await keys.find({ alg: "ES256", kid: "unknown" });
      clock.ms += 2 * MINUTE;
      expect(recall(token)).toMatchObject({ subject: "1" });
    }
    expect(issuer.requests()).toBe(3);
  });

  test("keeps verified tokens in the cache if the keys are the same", async () => {
    await using issuer = serveKeySet([first]);
    const { clock, recall, verify } = openVerifier(issuer.url);
    const token = await sign(first);
    await verify(token);
    clock.ms = 5 * MINUTE;
    expect(await recall(token)).toMatchObject({ subject: "1" });
    expect(issuer.requests()).toBe(2);
  });

  test("makes the keys unavailable if the new set is empty", async () => {
    await using issuer = serveKeySet([first]);
    const { clock, keys, verify } = openVerifier(issuer.url);
    await verify(await sign(first));
    issuer.publish([]);
    clock.ms = 10_000;
    expect(verify(await sign(second))).rejects.toThrow(KeysUnavailable);
    expect(keys.ping()).rejects.toThrow(KeysUnavailable);
  });
});

describe("A failing issuer", () => {
  const huge = `{"keys":[{"x":"${"x".repeat(1_100_000)}"}]}`;
  const BAD: [string, () => Response | Promise<Response>][] = [
    ["sends a 500", () => new Response("{}", { status: 500 })],
    ["sends HTML", () => new Response("<html>")],
    ["sends null", () => Response.json(null)],
    ["sends no list", () => Response.json({ keys: {} })],
    ["sends malformed keys", () => Response.json({ keys: [null, 1, "x", []] })],
    ["sends too much", () => new Response(huge)],
    ["sends too much after decompression", () => packed(huge)],
    ["sends an endless body", endless],
    ["redirects elsewhere", () => Response.redirect(elsewhere.url)],
    ["does not respond", () => new Promise<Response>(() => {})],
    ["stalls in the middle of a response", stalling],
  ];
  let elsewhere: ReturnType<typeof serveKeySet>;
  beforeAll(() => {
    elsewhere = serveKeySet([first]);
  });
  afterAll(() => elsewhere[Symbol.asyncDispose]());

  test.each(BAD)("makes the keys unavailable if it %s", async (_what, answer) => {
    await using issuer = serveKeySet([]);
    issuer.answerWith(answer);
    const { keys, verify } = openVerifier(issuer.url, { timeoutMs: 200 });
    expect(await thrownBy(verify(await sign(first)))).toBeInstanceOf(KeysUnavailable);
    expect(await thrownBy(keys.ping())).toBeInstanceOf(KeysUnavailable);
    expect(elsewhere.requests()).toBe(0);
  });

  test.each(BAD)(
    "leaves the previous keys in use, even 30 minutes later, if it %s",
    async (_what, answer) => {
      await using issuer = serveKeySet([first]);
      const { clock, keys, recall, verify } = openVerifier(issuer.url, { timeoutMs: 200 });
      const token = await sign(first);
      await verify(token);
      issuer.answerWith(answer);
      clock.ms = 30 * MINUTE;
      expect(await reasonOf(verify(await sign(second)))).toBe("unknown key");
      expect(issuer.requests()).toBe(2);
      expect(recall(token)).toBeDefined();
      expect((await verify(await sign(first, { claims: { sub: "2" } }))).subject).toBe("2");
      await keys.ping();
    },
  );

  test.each(BAD)("makes the keys unavailable after an hour if it %s", async (_what, answer) => {
    await using issuer = serveKeySet([first]);
    const options = { timeoutMs: 200, waitMs: 20 };
    const { clock, keys, recall, verify } = openVerifier(issuer.url, options);
    const token = await sign(first);
    await verify(token);
    issuer.answerWith(answer);
    clock.ms = 60 * MINUTE - 1;
    expect(await recall(token)).toMatchObject({ subject: "1" });
    await keys.ping();
    clock.ms = 60 * MINUTE;
    expect(await recall(token)).toBeUndefined();
    for (const refused of [() => verify(token), keys.ping]) {
      expect(await thrownBy(refused())).toBeInstanceOf(KeysUnavailable);
    }
    issuer.publish([first]);
    clock.ms += 1_000;
    await keys.ping();
    expect((await verify(token)).subject).toBe("1");
  });

  test.each([
    [0, 5],
    [10 * MINUTE, 10],
  ])(
    "with AUTH_JWKS_STALE_MS=%d makes the keys unavailable after %d minutes",
    async (staleMs, minutes) => {
      await using issuer = serveKeySet([first]);
      const { clock, recall, verify } = openVerifier(issuer.url, { staleMs });
      const token = await sign(first);
      await verify(token);
      issuer.answerWith(() => new Response("", { status: 503 }));
      clock.ms = minutes * MINUTE - 1;
      expect(await recall(token)).toBeDefined();
      clock.ms = minutes * MINUTE;
      expect(await recall(token)).toBeUndefined();
      expect(await thrownBy(verify(token))).toBeInstanceOf(KeysUnavailable);
    },
  );

  test("delays one request each 10 s, and none for longer than the wait if it hangs", async () => {
    await using issuer = serveKeySet([first]);
    const { clock, recall, verify } = openVerifier(issuer.url, { timeoutMs: 200, waitMs: 20 });
    const token = await sign(first);
    await verify(token);
    let asked = 1;
    for (const answer of [() => new Promise<Response>(() => {}), () => new Response("")]) {
      issuer.answerWith(answer);
      clock.ms += 5 * MINUTE;
      expect(recall(token)).toBeInstanceOf(Promise);
      expect(await recall(token)).toMatchObject({ subject: "1" });
      // Until the next attempt, the old keys are used without a wait.
      expect(recall(token)).toMatchObject({ subject: "1" });
      expect(issuer.requests()).toBe((asked += 1));
      await reasonOf(verify(await sign(second)));
      clock.ms += 9_999;
      expect(recall(token)).toMatchObject({ subject: "1" });
      clock.ms += 1;
      expect(recall(token)).toBeInstanceOf(Promise);
      await recall(token);
      expect(issuer.requests()).toBe((asked += 1));
      await reasonOf(verify(await sign(second)));
    }
    issuer.publish([second]);
    clock.ms += 10_000;
    expect(await recall(token)).toBeUndefined();
  });

  test("is asked for keys once a second until it recovers", async () => {
    await using issuer = serveKeySet([]);
    issuer.answerWith(() => new Response("", { status: 503 }));
    const { clock, keys, verify } = openVerifier(issuer.url);
    const token = await sign(first);
    for (let n = 0; n < 5; n += 1)
      expect(await thrownBy(verify(token))).toBeInstanceOf(KeysUnavailable);
    expect(issuer.requests()).toBe(1);
    issuer.publish([first]);
    clock.ms = 1_000;
    await keys.ping();
    expect((await verify(token)).subject).toBe("1");
    expect(issuer.requests()).toBe(2);
  });

  test("is waited for by at most 32 tokens with unknown keys if it is slow", async () => {
    await using issuer = serveKeySet([first]);
    const { clock, verify } = openVerifier(issuer.url);
    await verify(await sign(first));
    const slow = Promise.withResolvers<Response>();
    issuer.answerWith(() => slow.promise);
    clock.ms = 10_000;
    const invented = await sign(second);
    const all = Array.from({ length: 40 }, () => thrownBy(verify(invented)));
    for (const one of all.slice(32)) expect(await one).toBeInstanceOf(KeysUnavailable);
    expect((await verify(await sign(first, { claims: { sub: "2" } }))).subject).toBe("2");
    slow.resolve(new Response("", { status: 503 }));
    for (const one of all.slice(0, 32)) expect(await one).toBeInstanceOf(InvalidToken);
    expect(await thrownBy(verify(invented))).toBeInstanceOf(InvalidToken);
  });

  test("makes the keys unavailable if it is down", async () => {
    const issuer = serveKeySet([first]);
    await issuer[Symbol.asyncDispose]();
    const { verify } = openVerifier(issuer.url);
    const error = await thrownBy(verify(await sign(first)));
    expect(error).toBeInstanceOf(KeysUnavailable);
    expect((error as KeysUnavailable).retryAfterSeconds).toBe(1);
  });
});

function packed(text: string): Response {
  return new Response(Bun.gzipSync(text), { headers: { "content-encoding": "gzip" } });
}

function endless(): Response {
  return new Response(
    new ReadableStream({
      pull(controller) {
        controller.enqueue(new Uint8Array(65_536).fill(0x20));
      },
    }),
  );
}

function stalling(): Response {
  return new Response(
    new ReadableStream({
      start(controller) {
        controller.enqueue(Buffer.from('{"keys":['));
      },
    }),
  );
}

async function thrownBy(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

async function reasonOf(promise: Promise<unknown>): Promise<unknown> {
  return ((await thrownBy(promise)) as { reason?: string } | undefined)?.reason;
}

function shortRsa() {
  const rsa = {
    name: "RSASSA-PKCS1-v1_5",
    hash: "SHA-256",
    modulusLength: 1024,
    publicExponent: new Uint8Array([1, 0, 1]),
  };
  return crypto.subtle.generateKey(rsa, true, ["sign", "verify"]);
}
