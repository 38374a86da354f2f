/** Judges by an OpenAPI document whether a request matches it, does not match it, or is open. */
import type { OpenApiDocument, Parameter, Schema } from "../../platform/openapi/document.ts";
import { createValidator, resolve } from "../support/document.ts";
import { isBlank } from "../support/generators.ts";
import type { Sent } from "./send.ts";
import { nameOf } from "./shot.ts";

export type Verdict = "fits" | "does not fit" | "open";

/** Values that only the service creates: others may match the schema and still be rejected. */
const OPAQUE = new Set(["Cursor"]);

/** A longer body may be rejected for its size, which the document does not state. */
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
    // A URL without the segment is another path.
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
    if (Object.values(value.value ?? {}).some((one) => typeof one === "string" && isBlank(one))) {
      return "open";
    }
    // A schema cannot detect a duplicate member.
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

/** Headers of the same name are joined into one (RFC 9110, 5.3). */
function textsOf({ parameters, headers }: Sent, place: string, name: string): string[] {
  if (place !== "header") {
    return parameters
      .filter((one) => one.in === place && one.name === name)
      .map(({ text }) => text);
  }
  const text = headers.get(name)?.trim();
  return text === undefined ? [] : [text];
}

/** Whether a URL parser removes or resolves this segment. */
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

/** Only digits: other notations of numbers are not valid in a URL. */
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
