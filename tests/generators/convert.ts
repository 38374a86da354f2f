/**
 * Prints the collection that a tool makes of an OpenAPI document, as docs/clients.md says to
 * import it: `bun tests/generators/convert.ts postman|bruno < DOCUMENT`.
 */
import { join } from "node:path";

import { PACKAGES } from "./install.ts";

const [tool = ""] = process.argv.slice(2);
const document: unknown = await Bun.stdin.json();
const tools: Record<string, (document: unknown) => Promise<unknown>> = { postman, bruno };
const convert = tools[tool];
if (!convert) throw new Error(`Expected ${Object.keys(tools).join(" or ")}`);
// The tools may print something of their own.
console.log = console.error;
await Bun.write(Bun.stdout, JSON.stringify(await convert(document)));

interface PostmanOutput {
  reason?: string;
  output?: { data: unknown }[];
}

/** With examples, and without optional parameters. */
async function postman(data: unknown): Promise<unknown> {
  const { default: converter } = await import(join(PACKAGES, "openapi-to-postmanv2"));
  const options = { parametersResolution: "Example", enableOptionalParameters: false };
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  converter.convertV2({ type: "json", data }, options, (error: unknown, made?: PostmanOutput) => {
    const collection = made?.output?.[0]?.data;
    if (collection) resolve(collection);
    else reject(new Error(`Postman cannot read the document: ${String(error ?? made?.reason)}`));
  });
  return promise;
}

async function bruno(document: unknown): Promise<unknown> {
  const { openApiToBruno } = await import(join(PACKAGES, "@usebruno", "converters"));
  return openApiToBruno(document);
}
