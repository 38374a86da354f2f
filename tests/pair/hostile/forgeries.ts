/** Forged tokens, made from what an attacker has: valid tokens, public keys, and a key pair. */
import { exportPKCS8, exportSPKI, importJWK } from "jose";

import { pick, type Random } from "../../../platform/database/seed.ts";
import { AUDIENCE, createSigner, ISSUER, sign, type Signer } from "../../support/issuer.ts";

export interface Forging {
  /** Valid tokens of two users. */
  tokens: readonly [string, string];
  /** The public key of the issuer. Default: it signs with a secret */
  publicJwk?: Signer["publicJwk"] | undefined;
  /** A URL for `jku`, `x5u` and `kid`: no service should request it. */
  url: string;
}

const CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/.~=";
const KIDS = ["../../../../dev/null", "' OR '1'='1", "\u0000", "a\r\nX: 1", "", "__proto__", {}, 0];
const NONE = ["none", "None", "nOnE", "", null, [], ["HS256"], "HS256 ", "hs256"];
const ADMIN = { sub: "1", scope: "admin" };

/** Returns a function that makes forged tokens; a few are valid tokens in another spelling. */
export async function createForger(
  random: Random,
  { tokens, publicJwk, url }: Forging,
): Promise<() => Promise<string>> {
  const own = await createSigner("own", "ES256");
  const certificate = Buffer.from(await exportPKCS8(own.privateKey)).toString("base64");
  const texts = await textsOf(publicJwk);
  const drawn = <Value>(values: readonly Value[]) => pick(random, values);
  const token = () => drawn(tokens);
  const kid = () => drawn([...KIDS, publicJwk?.kid ?? "own"]);
  const linked = () => drawn([{ jku: url }, { x5u: url }, { x5c: [certificate] }, { kid: url }]);
  const byOwn = (header: object) => sign(own, { claims: ADMIN, header: { ...header } });

  const forgers: (() => string | Promise<string>)[] = [
    () => altered(token(), random),
    () => altered(token(), random),
    () => shuffled(tokens, random),
    () => rewritten(token(), random),
    () => `${base64url({ alg: drawn(NONE), kid: kid() })}.${base64url(claimed(ADMIN))}.`,
    () => byOwn({ kid: kid(), jwk: own.publicJwk }),
    () => byOwn({ kid: kid(), ...linked() }),
    () => byOwn({ kid: kid(), crit: ["x"], x: 1 }),
    () => byText(drawn(texts), { alg: drawn(["HS256", "HS512", "ES256"]), kid: kid() }),
    () => nested(Math.floor(random() * 7_000)),
  ];
  return async () => drawn(forgers)();
}

/** An invalid payload, or a valid one that does not allow user 1 to read. */
export function oddPayload(random: Random): string {
  const drawn = <Value>(values: readonly Value[]) => pick(random, values);
  const value = () =>
    drawn(["1e999", "-1", '"1"', '["1"]', "{}", "null", "true", '"\uff11"', '"1 "']);
  const good = JSON.stringify(claimed({ sub: "1", scope: "users:read" })).slice(0, -1);
  return drawn([
    () =>
      `${good},"sub":${drawn(['"2"', '""', "1", '["1"]', '{"id":"1"}', "null", '"1\\u0000"'])}}`,
    () =>
      `${good},"scope":${drawn(['["users:read"]', '"users:reader"', '{"admin":1}', '""', "1"])}}`,
    () => `${good},"exp":${drawn(["1e999", "1", "-1", '"9999999999"', "null", "[9999999999]"])}}`,
    () => `${good},"aud":${value()}}`,
    () => `${good},"iss":${value()}}`,
    () => `${good},"nbf":${drawn(["1e999", '"1"', "null", "[]", "9999999999"])}}`,
    () => `[${good}}]`,
    () => drawn(["null", "1", '""', "[]", "{}", good, `${good}}}`]),
  ])();
}

/** Whether a token decodes to the same bytes as a valid one, so that it is not a forgery. */
export function isSpelling(forged: string, [one, two]: readonly [string, string]): boolean {
  const [header, payload, signature] = forged.split(".");
  return [one, two].some((token) => {
    const [goodHeader, goodPayload, good] = token.split(".");
    const isSame = header === goodHeader && payload === goodPayload;
    return isSame && bytesOf(signature) === bytesOf(good);
  });
}

function bytesOf(text = ""): string {
  return Buffer.from(text, "base64url").toString("hex");
}

/** Replaces, removes and adds one to three characters anywhere. */
function altered(token: string, random: Random): string {
  const characters = token.split("");
  for (let left = 1 + Math.floor(random() * 3); left > 0; left -= 1) {
    const at = Math.floor(random() * characters.length);
    const character = CHARACTERS[Math.floor(random() * CHARACTERS.length)] as string;
    const removed = random() < 0.7 ? 1 : 0;
    characters.splice(at, removed, ...(random() < 0.7 ? [character] : []));
  }
  return characters.join("");
}

/** Segments of two tokens in any order, up to five of them. */
function shuffled(tokens: readonly string[], random: Random): string {
  const segments = tokens.flatMap((token) => token.split("."));
  const count = 1 + Math.floor(random() * 5);
  return Array.from({ length: count }, () => pick(random, segments)).join(".");
}

/** Another payload under the signature of this one. */
function rewritten(token: string, random: Random): string {
  const [header, payload = "", signature] = token.split(".");
  const claims = JSON.parse(Buffer.from(payload, "base64url").toString());
  const other = pick(random, [{ sub: "2" }, { scope: "admin" }, { exp: 9e9 }, { aud: [] }]);
  return `${header}.${base64url({ ...claims, ...other, jti: "x" })}.${signature}`;
}

function nested(depth: number): string {
  return `${base64url({ alg: "HS256" })}.${base64url("[".repeat(depth))}.${base64url("x")}`;
}

/** Texts that must not serve as a secret: the public key in several forms. */
async function textsOf(publicJwk: Forging["publicJwk"]): Promise<string[]> {
  if (!publicJwk) return ["secret", "\u0000"];
  const key = (await importJWK(publicJwk)) as CryptoKey;
  const pem = await exportSPKI(key);
  return [pem, pem.trimEnd(), JSON.stringify(publicJwk), publicJwk.x ?? "", "\u0000"];
}

function byText(secret: string, header: object): string {
  const input = `${base64url({ typ: "JWT", ...header })}.${base64url(claimed(ADMIN))}`;
  return `${input}.${new Bun.CryptoHasher("sha256", secret).update(input).digest("base64url")}`;
}

function claimed(claims: object): object {
  return { iss: ISSUER, aud: AUDIENCE, exp: Math.floor(Date.now() / 1000) + 60, ...claims };
}

export function base64url(value: unknown): string {
  return Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString(
    "base64url",
  );
}
