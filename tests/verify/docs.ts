import { afterAll, beforeAll, describe, expect, test } from "bun:test";

import { Elysia } from "elysia";

import { docs } from "../../platform/openapi/docs.ts";
import { openApps } from "../support/apps.ts";
import { problemIn } from "../support/ask.ts";
import { documentOf } from "../support/document.ts";
import { FIRST } from "../support/services.ts";

let apps: Awaited<ReturnType<typeof openApps>>;
beforeAll(async () => {
  apps = await openApps();
});
afterAll(() => apps.close());

function ask(path: string, init?: RequestInit): Promise<Response> {
  return apps[FIRST].handle(new Request(`http://localhost${path}`, init));
}

describe("GET /swagger", () => {
  test.each(["/swagger", "/swagger/"])(
    "returns at %s a page with its files beside it",
    async (at) => {
      const answer = await ask(at);
      expect(answer.status).toBe(200);
      expect(answer.headers.get("content-type")).toBe("text/html; charset=utf-8");
      const page = (await answer.text()).replace(/<nav [^]*<\/nav>/, "");
      const urls = Array.from(
        page.matchAll(/(?:src|href)="([^"]*)"|"url":"([^"]*)"/g),
        ([, a, b]) => a ?? b,
      );
      expect(urls).toHaveLength(6);
      for (const url of urls) {
        // A proxy may serve the page and its files under another path.
        expect(url).toMatch(/^[a-z]/);
        const { pathname } = new URL(url ?? "", `http://localhost${at}`);
        expect([pathname, (await ask(pathname)).status]).toEqual([pathname, 200]);
        expect(pathname).toStartWith("/swagger/");
      }
    },
  );

  test("links to the other services that DOCS_LINKS names, and runs nothing in their URLs", async () => {
    const DOCS_LINKS = "shop=https://shop.example.com/swagger?a=1&b=2";
    const linked = await openApps({ environment: { DOCS_LINKS } });
    const page = await (await linked[FIRST].handle(new Request("http://localhost/swagger"))).text();
    await linked.close();
    expect(page).toContain('<a href="https://shop.example.com/swagger?a=1&amp;b=2">shop</a></nav>');
  });

  test.each(["/swagger", "/swagger/"])(
    "allows at %s only its own inline script, by hash",
    async (at) => {
      const answer = await ask(at);
      const policy = answer.headers.get("content-security-policy") ?? "";
      const script = /<script>([^]*?)<\/script>/.exec(await answer.text())?.[1] ?? "";
      const hash = new Bun.CryptoHasher("sha256").update(script).digest("base64");
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain(`script-src 'self' 'sha256-${hash}';`);
      expect(policy).not.toContain("unsafe");
      expect(policy).not.toContain("http");
    },
  );

  test("forbids frames and sends no referrer", async () => {
    const { headers } = await ask("/swagger");
    expect(headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
    expect(headers.get("referrer-policy")).toBe("no-referrer");
  });
});

describe("GET /", () => {
  test("redirects a browser to /swagger", async () => {
    const accept = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    const response = await ask("/", { headers: { accept } });
    expect([response.status, response.headers.get("location")]).toEqual([302, "/swagger"]);
    expect(response.headers.get("vary")).toBe("accept");
    expect(await response.text()).toBe("");
  });

  test.each(["*/*", "application/json", ""])("responds with 404 to Accept: %j", async (accept) => {
    const problem = await problemIn(await ask("/", { headers: { accept } }));
    expect(problem).toMatchObject({ status: 404, code: "path_not_found" });
  });
});

test("DOCS=off serves no page, document or files, and does not redirect", async () => {
  const closed = await openApps({ environment: { DOCS: "off" } });
  for (const path of ["/", "/swagger", "/swagger/json", "/swagger/swagger-ui.css"]) {
    const request = new Request(`http://localhost${path}`, { headers: { accept: "text/html" } });
    expect((await closed[FIRST].handle(request)).status).toBe(404);
  }
  await closed.close();
});

describe("GET /swagger/{file}", () => {
  test.each([
    ["swagger-ui-bundle.js", "text/javascript; charset=utf-8"],
    ["swagger-ui.css", "text/css; charset=utf-8"],
    ["favicon-32x32.png", "image/png"],
    ["swagger-ui-bundle.js.LICENSE.txt", "text/plain; charset=utf-8"],
    ["LICENSE", "text/plain; charset=utf-8"],
    ["NOTICE", "text/plain; charset=utf-8"],
  ])("returns %s of swagger-ui-dist as %s", async (name, type) => {
    const answer = await ask(`/swagger/${name}`);
    expect(answer.headers.get("content-type")).toBe(type);
    expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
    const original = Bun.file(Bun.resolveSync(`swagger-ui-dist/${name}`, import.meta.dir));
    expect(await answer.bytes()).toEqual(await original.bytes());
  });

  test("responds with 404 for an unknown file", async () => {
    expect((await ask("/swagger/swagger-ui.js")).status).toBe(404);
  });

  test("compresses the file if the client accepts gzip", async () => {
    const plain = await (await ask("/swagger/swagger-ui.css")).bytes();
    const answer = await ask("/swagger/swagger-ui.css", {
      headers: { "accept-encoding": "br, gzip" },
    });
    expect(answer.headers.get("content-encoding")).toBe("gzip");
    expect(answer.headers.get("vary")).toBe("accept-encoding");
    const packed = await answer.bytes();
    expect(packed.length).toBeLessThan(plain.length / 4);
    expect(Bun.gunzipSync(packed)).toEqual(plain);
  });

  test.each(["identity", "gzip;q=0", "gzip; q=0.0, br", "gzipped"])(
    "does not compress the file for Accept-Encoding: %s",
    async (encoding) => {
      const answer = await ask("/swagger/NOTICE", { headers: { "accept-encoding": encoding } });
      expect(answer.headers.get("content-encoding")).toBeNull();
    },
  );

  test.each(["gzip", "identity"])(
    "responds with 304 if the client has the file in encoding %s",
    async (encoding) => {
      const headers = { "accept-encoding": encoding };
      const tag = (await ask("/swagger/swagger-ui.css", { headers })).headers.get("etag") ?? "";
      const again = await ask("/swagger/swagger-ui.css", {
        headers: { ...headers, "if-none-match": tag },
      });
      expect([again.status, await again.text()]).toEqual([304, ""]);
      expect(again.headers.get("etag")).toBe(tag);
      const other = {
        "accept-encoding": encoding === "gzip" ? "identity" : "gzip",
        "if-none-match": tag,
      };
      expect((await ask("/swagger/swagger-ui.css", { headers: other })).status).toBe(200);
    },
  );
});

describe("GET /swagger/json", () => {
  test("returns JSON with an ETag for conditional requests", async () => {
    const answer = await ask("/swagger/json");
    expect(answer.headers.get("content-type")).toBe("application/json");
    const tag = answer.headers.get("etag") ?? "";
    expect((await ask("/swagger/json", { headers: { "if-none-match": tag } })).status).toBe(304);
  });

  test("returns the same document to concurrent first requests", async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask("/swagger/json")));
    const texts = new Set(await Promise.all(answers.map((answer) => answer.text())));
    expect(texts.size).toBe(1);
  });
});

test.each(["/swagger", "/swagger/json", "/swagger/swagger-ui.css"])(
  "%s supports only GET, HEAD and OPTIONS",
  async (path) => {
    const wrong = await ask(path, { method: "POST" });
    expect([wrong.status, wrong.headers.get("allow")]).toEqual([405, "GET, HEAD, OPTIONS"]);
    expect((await ask(path, { method: "OPTIONS" })).status).toBe(204);
    const head = await ask(path, { method: "HEAD" });
    expect([head.status, await head.text()]).toEqual([200, ""]);
  },
);

test("docs documents only the routes that it is given", async () => {
  const routes = new Elysia();
  const app = new Elysia()
    .use(docs({ title: "none", description: "Nothing.", routes, contract: {} }).routes())
    .get("/", () => "");
  expect((await documentOf(app)).paths).toEqual({});
});
