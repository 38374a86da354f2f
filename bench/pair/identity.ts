/** The cost of identity and limits: `GET /users/{id}` with and without them. */
import { join } from "node:path";

import { exportJWK, generateKeyPair, SignJWT } from "jose";

import { COLUMNS, compare, HOW, named, row, type Server, speedOf } from "../comparison.ts";
import type { Report } from "../report.ts";
import type { SuiteOptions } from "../rounds.ts";
import { seededFile, startService } from "../services.ts";

const CONNECTIONS = 32;
const ISSUER = "https://issuer.example.com/";
const AUDIENCE = "https://shop.example.com";
const SECRET = "of-the-bench-alone-and-of-32-bytes-or-more";
/** Counted, but never reached. */
const LIMIT = { RATE_LIMIT: "999999999/60s" };

/** More tokens than the cache holds, so that each is new when it is used again. */
const NEW_TOKENS = 20_000;

export async function compareIdentities({
  folder,
  builds,
  ...options
}: SuiteOptions): Promise<Report> {
  const { privateKey, publicKey } = await generateKeyPair("ES256");
  const keySet = { keys: [{ ...(await exportJWK(publicKey)), kid: "1" }] };
  using issuer = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: () => Response.json(keySet),
  });
  const common = { AUTH: "on", HOST: "127.0.0.1", AUTH_ISSUER: ISSUER, AUTH_AUDIENCE: AUDIENCE };
  const bySecret = { ...common, AUTH_SECRET: SECRET };
  const byKeySet = { ...common, AUTH_JWKS_URL: issuer.url.href };
  const hs256 = (sub: string) => sign(sub, "HS256", Buffer.from(SECRET));
  const es256 = (sub: string) => sign(sub, "ES256", privateKey);

  const servers: Server[] = [];
  async function add(
    name: string,
    { build = builds[0], environment = {}, tokens = [] }: Setting,
  ): Promise<void> {
    const file = await seededFile(build, "users", folder);
    const { url, pid } = await startService(build, "users", {
      DATABASE_URL: `sqlite://${file}`,
      ...environment,
    });
    const script = join(folder, `identity-${servers.length}.lua`);
    await Bun.write(script, scriptOf(tokens));
    const server = { name, url: `${url}/users/1`, connections: CONNECTIONS };
    servers.push({ ...server, pids: () => [pid], ...(tokens.length > 0 && { script }) });
  }

  for (const build of builds) await add(`${build.name}, AUTH=off`, { build });
  await add("RATE_LIMIT", { environment: LIMIT });
  const known = [await hs256("1")];
  await add("HS256", { environment: bySecret, tokens: known });
  await add("HS256 and RATE_LIMIT", { environment: { ...bySecret, ...LIMIT }, tokens: known });
  await add("HS256, each token new", { environment: bySecret, tokens: await many(hs256) });
  await add("ES256", { environment: byKeySet, tokens: [await es256("1")] });
  await add("ES256, each token new", { environment: byKeySet, tokens: await many(es256) });

  const measured = await compare(servers, options);
  const off = named(measured, `${builds[0].name}, AUTH=off`);
  return {
    title: "GET /users/{id}, with identity and limits",
    notes: [
      `${CONNECTIONS} connections. Verified tokens are cached; "each token new" is the cost of reading and`,
      "verifying a token.",
      ...HOW,
    ],
    columns: ["", "of off", ...COLUMNS],
    rows: measured.map((one) => row(one, speedOf(one, off))),
    targets: [],
  };
}

interface Setting {
  build?: SuiteOptions["builds"][0];
  environment?: Record<string, string>;
  /** Tokens to send in turn. Default: none */
  tokens?: readonly string[];
}

function sign(sub: string, alg: string, key: CryptoKey | Uint8Array): Promise<string> {
  return new SignJWT({ iss: ISSUER, aud: AUDIENCE, sub, scope: "admin", jti: crypto.randomUUID() })
    .setProtectedHeader({ alg, typ: "at+jwt", ...(alg === "ES256" && { kid: "1" }) })
    .setExpirationTime("1d")
    .sign(key);
}

function many(sign: (sub: string) => Promise<string>): Promise<string[]> {
  return Promise.all(Array.from({ length: NEW_TOKENS }, (_, index) => sign(String(index))));
}

/** A script that sends one token after another. */
function scriptOf(tokens: readonly string[]): string {
  return `
local tokens = {${tokens.map((token) => `"Bearer ${token}"`).join(",")}}
local count = 0
function request()
  count = count % #tokens + 1
  wrk.headers["Authorization"] = tokens[count]
  return wrk.format()
end
`;
}
