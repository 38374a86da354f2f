/** What an OpenAPI document says of a request: that it fits, that it does not, or nothing certain. */
import type { OpenApiDocument, Parameter, Schema } from "../../shared/openapi/document.ts";
import { createValidator, resolve } from "../support/document.ts";
import type { Sent } from "./send.ts";
import { nameOf } from "./shot.ts";

export type Verdict = "fits" | "does not fit" | "open";

/** What only the service can make: any other value fits its schema, and may be refused all the same. */
const OPAQUE = new Set(["Cursor"]);

/** A longer body may be refused for its size, which no document states. */
const BODY_BYTES_MAX = 4_096;

export function createJudge(document: OpenApiDocument): (sent: Sent) => Verdict {
  const validate = createValidator(document);

  function fits(schema: Schema, value: unknown): boolean {
    try {
      validate(schema, value, "");
      return true;
    } catch {
      return false;
    }
  }

  function ofParameter({ in: place, name, required, schema }: Parameter, sent: Sent): Verdict {
    const texts = textsOf(sent, place, name);
    const [one] = texts;
    if (one === undefined) return required ? "does not fit" : "fits";
    if (texts.length > 1) return "does not fit";
    const text = place === "path" ? decoded(one) : one;
    // An address without it is another address.
    if (text === "" && place === "path") return "open";
    if (text === "." || text === "..") return "open";
    if (text === undefined) return "does not fit";
    const value =
      resolve<Schema>(document, schema as Schema)["type"] === "integer" ? numberOf(text) : text;
    if (!fits(schema, value)) return "does not fit";
    return OPAQUE.has(nameOf(schema.$ref ?? "")) ? "open" : "fits";
  }

  function ofBody({ path, method, headers, body }: Sent): Verdict {
    const operation = document.paths[path]?.[method.toLowerCase()];
    if (!operation?.requestBody) return body === undefined ? "fits" : "open";
    const { required, content } = operation.requestBody;
    if (body === undefined) return required ? "does not fit" : "fits";
    const [type = "", ...rest] = (headers.get("content-type") ?? "").toLowerCase().split(";");
    const media = content[type.trim()];
    if (!media) return "does not fit";
    if (rest.some((one) => one.trim() !== "charset=utf-8")) return "open";
    if (headers.has("content-encoding")) return "open";
    const value = parsed(body);
    if (!value) return "does not fit";
    if (!fits(media.schema, value.value)) return "does not fit";
    // A member that is there twice is nothing that a schema could tell.
    const isPlain = JSON.stringify(value.value).length === new TextDecoder().decode(body).length;
    return isPlain && body.length <= BODY_BYTES_MAX ? "fits" : "open";
  }

  return (sent) => {
    const operations = document.paths[sent.path] ?? {};
    const operation = operations[sent.method === "HEAD" ? "get" : sent.method.toLowerCase()];
    if (!operation) return sent.method === "OPTIONS" ? "open" : "does not fit";
    const { parameters = [] } = operation;
    const verdicts = [...parameters.map((one) => ofParameter(one, sent)), ofBody(sent)];
    if (verdicts.includes("open") && sent.parameters.some(isNoSegment)) return "open";
    if (verdicts.includes("does not fit")) return "does not fit";
    const known = new Set(parameters.map(({ name }) => name));
    const unknown = sent.parameters.some(
      ({ in: place, name }) => place === "query" && !known.has(name),
    );
    return unknown || verdicts.includes("open") ? "open" : "fits";
  };
}

/** Headers of one name are one, whose values are joined (RFC 9110, 5.3). */
function textsOf({ parameters, headers }: Sent, place: string, name: string): string[] {
  if (place !== "header") {
    return parameters
      .filter((one) => one.in === place && one.name === name)
      .map(({ text }) => text);
  }
  const text = headers.get(name)?.trim();
  return text === undefined ? [] : [text];
}

/** The address is read without it, or another one. */
function isNoSegment(one: { in: string; text: string }): boolean {
  return one.in === "path" && ["", ".", ".."].includes(decoded(one.text) ?? "x");
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** Digits alone: what else is a number to a program is none in an address. */
function numberOf(text: string): number | string {
  return /^(?:0|[1-9]\d*)$/.test(text) ? Number(text) : text;
}

function parsed(body: Uint8Array): { value: unknown } | undefined {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body);
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}
