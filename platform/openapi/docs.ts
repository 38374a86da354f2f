/**
 * The OpenAPI document and Swagger UI, from the plugin and from embedded files.
 *
 * Everything is lazy: the first request loads the plugin, finishes the document and compresses the
 * files.
 */
import { type AnyElysia, Elysia, NotFoundError } from "elysia";
import icon from "swagger-ui-dist/favicon-32x32.png" with { type: "file" };
import licence from "swagger-ui-dist/LICENSE" with { type: "file" };
import notice from "swagger-ui-dist/NOTICE" with { type: "file" };
import bundle from "swagger-ui-dist/swagger-ui-bundle.js" with { type: "file" };
import bundleLicences from "swagger-ui-dist/swagger-ui-bundle.js.LICENSE.txt" with { type: "file" };

import { version } from "../../package.json";
import { pathOf } from "../http/context.ts";
import { invalidHost, invalidTarget, malformedToken } from "../http/failures.ts";
import { OPEN } from "../http/security.ts";
import type { DocsLink } from "../process/docs-links.ts";
import { type Checks, withChecks } from "./checks.ts";
import { directed } from "./directions.ts";
import type { OpenApiDocument, Schema } from "./document.ts";
import { type Draft, finish } from "./finish.ts";
import { sentenceOf } from "./responses.ts";
import { pack, type Packed, packedResponse } from "./static.ts";
import pageScript from "./swagger-page.js" with { type: "file" };

import pageStylesheet from "./swagger-page.css" with { type: "file" };
import stylesheet from "swagger-ui-dist/swagger-ui.css" with { type: "file" };

const TEXT = "text/plain; charset=utf-8";

/**
 * The files that the page needs: those of swagger-ui-dist, with those that its license requires
 * beside them, and what we add.
 */
const FILES = [
  { name: "page.js", file: pageScript, type: "text/javascript; charset=utf-8" },
  { name: "page.css", file: pageStylesheet, type: "text/css; charset=utf-8" },
  { name: "swagger-ui-bundle.js", file: bundle, type: "text/javascript; charset=utf-8" },
  { name: "swagger-ui.css", file: stylesheet, type: "text/css; charset=utf-8" },
  { name: "favicon-32x32.png", file: icon, type: "image/png" },
  { name: "swagger-ui-bundle.js.LICENSE.txt", file: bundleLicences, type: TEXT },
  { name: "LICENSE", file: licence, type: TEXT },
  { name: "NOTICE", file: notice, type: TEXT },
];

export interface DocsOptions {
  /** The name of the service, in lower case; the tag of its routes. */
  title: string;
  /** The path of the service behind a proxy. Default: none */
  basePath?: string;
  /**
   * In Markdown. The first paragraph also describes the page. It must not contain double quotes,
   * which the plugin does not escape.
   */
  description: string;
  /** The routes to document; the app may have others. */
  routes: AnyElysia;
  /** The schemas of the contract, by name. */
  contract: Readonly<Record<string, unknown>>;
  /** The active checks. Default: none */
  checks?: Checks;
  /** Links from the page, for example to the pages of other services. Default: none */
  links?: readonly DocsLink[];
}

export interface Docs {
  /**
   * Returns the routes of `GET /swagger`, the page, its files below it, and `GET /swagger/json`, the
   * document. They redirect a browser from `/` to the page; any other client gets a 404.
   */
  routes(): AnyElysia;
  /** Returns the document, also if nothing serves it. */
  document(): Promise<OpenApiDocument>;
}

export function docs(options: DocsOptions): Docs {
  const { basePath = "", links = [] } = options;
  const plugin = lazy(() => load(options));
  const pageWith = (parts: string) =>
    lazy(async () => packPage(await (await plugin())("/swagger"), { parts, links }));
  const [page, pageBelow] = [pageWith("swagger/"), pageWith("")];
  const document = lazy(async () => {
    const draft = JSON.parse(await (await plugin())("/swagger/json")) as Draft;
    draft.info.description = `${options.description}\n\n${conventionsOf(options.checks)}`;
    const schemas = Object.values(options.contract).filter(isNamed);
    return directed(finish(withChecks(draft, options.checks), schemas));
  });
  return { document, routes: () => docsRoutes({ basePath, page, pageBelow, document }) };
}

interface DocsParts {
  basePath: string;
  page: () => Promise<Packed>;
  /** The page at `/swagger/`, from which its files are found otherwise. */
  pageBelow: () => Promise<Packed>;
  document: () => Promise<OpenApiDocument>;
}

function docsRoutes({ basePath, page, pageBelow, document }: DocsParts): AnyElysia {
  const json = lazy(async () => {
    return pack(JSON.stringify(await document()), { "content-type": "application/json" });
  });
  const open = { detail: OPEN };
  const app = new Elysia()
    .get(
      "/",
      ({ request, set }) => {
        if (!request.headers.get("accept")?.includes("text/html")) throw new NotFoundError();
        set.status = 302;
        set.headers["location"] = `${basePath}/swagger`;
        set.headers["vary"] = "accept";
      },
      open,
    )
    .get(
      "/swagger",
      async ({ request }) => {
        const isBelow = pathOf(request.url).endsWith("/");
        return packedResponse(await (isBelow ? pageBelow() : page()), request);
      },
      open,
    )
    .get("/swagger/json", async ({ request }) => packedResponse(await json(), request), open);
  for (const { name, file, type } of FILES) {
    const packed = lazy(async () => pack(await Bun.file(file).bytes(), { "content-type": type }));
    app.get(
      `/swagger/${name}`,
      async ({ request }) => packedResponse(await packed(), request),
      open,
    );
  }
  return app;
}

/**
 * Loads the plugin into an app with only the routes. Returns a function from path to response body.
 */
async function load({ title, description, basePath, routes }: DocsOptions) {
  const { swagger } = await import("@elysiajs/swagger");
  const [summary = ""] = description.split("\n\n");
  const app = new Elysia({ normalize: false })
    .use(
      swagger({
        provider: "swagger-ui",
        theme: "/swagger/swagger-ui.css",
        // Its rules would be an inline style.
        autoDarkMode: false,
        // No validator, because it is on another origin.
        swaggerOptions: { url: "/swagger/json", validatorUrl: null, ...LOOK } as {},
        documentation: {
          openapi: "3.1.0",
          info: {
            title: `${title.charAt(0).toUpperCase()}${title.slice(1)} API`,
            description: summary,
            version,
            license: { name: "MIT", identifier: "MIT" },
          },
          servers: [{ url: basePath || "/", description: "This service" }],
          tags: [{ name: title, description: `What a caller can do with ${title}.` }],
          security: [],
        } as {},
      }),
    )
    .use(routes);
  return async (path: string) => {
    const response = await app.handle(new Request(`http://localhost${path}`));
    return response.text();
  };
}

/** Returns the conventions of all operations, in Markdown. */
function conventionsOf({ scopes }: Checks = {}): string {
  const malformed = sentenceOf([invalidHost, invalidTarget, ...(scopes ? [malformedToken] : [])]);
  return `${CONVENTIONS}\n- **Every operation** responds with 400 in these cases too. ${malformed}`;
}

const CONVENTIONS =
  "- **Errors** are `application/problem+json` (RFC 9457). Programs read the `code`; the `request_id` finds " +
  "the request in the log.\n" +
  "- **Lists** come in pages: the `Link` header leads to the next one. A list is not a feed: do not keep a " +
  "cursor to look for new items later. A replica whose clock is behind can create items before it.\n" +
  "- **Changes** with `If-Match` and an `ETag` fail with 412 if someone else has changed the resource.\n" +
  "- **Creations** with an `Idempotency-Key` are safe to repeat.";

const LOOK = { deepLinking: true, displayRequestDuration: true, defaultModelsExpandDepth: 0 };

interface PageOptions {
  /** The folder of the files, relative to the page: a proxy may serve both under any path. */
  parts: string;
  links: readonly DocsLink[];
}

/**
 * Serves the plugin's page with local files instead of a public CDN. The content security policy
 * permits nothing else; its hash permits the one inline script.
 *
 * @throws Error if the page has changed so that this does not work
 */
function packPage(original: string, { parts, links }: PageOptions): Promise<Packed> {
  const html = original
    .replace(/"https:[^"]+\/swagger-ui-bundle\.js" crossorigin/, '"/swagger/swagger-ui-bundle.js"')
    .replace("<script>", '<script type="module" src="/swagger/page.js"></script>\n    <script>')
    .replace(
      "</head>",
      '<link rel="stylesheet" href="/swagger/page.css" />\n' +
        '<link rel="icon" href="/swagger/favicon-32x32.png" />\n</head>',
    )
    .replaceAll('"/swagger/', `"${parts}`);
  const scripts = Array.from(html.matchAll(/<script>([^]*?)<\/script>/g), ([, script]) => script);
  if (html.includes("//") || html.includes("<style") || scripts.length !== 1) {
    throw new Error("The page of @elysiajs/swagger contains another origin or inline part");
  }
  const hash = new Bun.CryptoHasher("sha256").update(scripts.join("")).digest("base64");
  return pack(html.replace("<body>", `<body>\n${navigation(links)}`), {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy":
      `default-src 'none'; script-src 'self' 'sha256-${hash}'; style-src 'self'; ` +
      "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; " +
      "frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
  });
}

/** Returns the links, as HTML. */
function navigation(links: readonly DocsLink[]): string {
  if (links.length === 0) return "";
  const anchors = links.map(({ name, url }) => {
    return `<a href="${Bun.escapeHTML(url)}">${Bun.escapeHTML(name)}</a>`;
  });
  return `<nav class="services">See also: ${anchors.join(", ")}</nav>`;
}

function isNamed(schema: unknown): schema is Schema {
  return schema instanceof Object && "$id" in schema;
}

/** Returns a function that loads the value on its first call. */
function lazy<Value>(loadValue: () => Promise<Value>): () => Promise<Value> {
  let value: Promise<Value> | undefined;
  return () => (value ??= loadValue());
}
