/** Marked text in every part of a request, searched for in the log; long text for the spans. */
import { pick, type Random, randomFrom } from "../../../platform/database/seed.ts";
import { caller, IDENTITY } from "../../support/callers.ts";
import { type ReceivedSpan, startCollector } from "../../support/collector.ts";
import { exchange } from "../../support/connection.ts";
import { type AttackOptions, createOutcome, type Outcome } from "./attack.ts";
import { startAttacked } from "./attacked.ts";

export const name = "telemetry";
export const description =
  "The log contains no text of a client, and log lines and spans are bounded";

const REQUESTS = 300;
const AT_ONCE = 10;
/** The maximum log output per request. */
const LOG_BYTES_MAX = 1_500;
const LINE_LENGTH_MAX = 1_000;
/** The maximum length of a value in a span. */
const VALUE_LENGTH_MAX = 256;

/** Part of every text. It is not valid in a request id, which is logged. */
const MARK = "~m4rk~";

const FIELDS = new Set(
  "time level service message request_id trace_id caller method route status code bytes duration_ms slow subject reason address_hash count codes".split(
    " ",
  ),
);
const ATTRIBUTES = new Set([
  "http.request.method",
  "http.request.method_original",
  "http.route",
  "http.response.status_code",
  "url.path",
  "url.scheme",
  "server.address",
  "server.port",
  "error.type",
  "db.system.name",
  "db.operation.name",
  "db.collection.name",
  "db.operation.batch.size",
]);

export async function run({ seed, scale, progress = () => {} }: AttackOptions): Promise<Outcome> {
  const random = randomFrom(seed);
  const { attempted, expect, outcome } = createOutcome();
  const collector = startCollector();
  const users = await startAttacked("users", {
    environment: {
      ...IDENTITY,
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_BSP_MAX_QUEUE_SIZE: "100000",
      LOG_LEVEL: "debug",
    },
  });
  const before = users.log().length;
  const token = await caller("1");

  async function attack(): Promise<void> {
    attempted();
    await exchange({ port: users.port, timeoutMs: 2_000 }, anyRequest(random, token.authorization));
  }
  const count = REQUESTS * scale;
  for (let sent = 0; sent < count; sent += AT_ONCE) {
    await Promise.all(Array.from({ length: AT_ONCE }, attack));
    progress(`${sent} of ${count}`);
  }
  expect((await users.stop()) === 0, "the service did not end well", users.log().slice(-1_000));
  await collector.stop();

  const log = users.log().slice(before);
  expect(log.length < LOG_BYTES_MAX * count, "requests fill the log", `${log.length} bytes`);
  const requests = log.split("\n").filter((line) => line.includes('"message":"request"'));
  expect(requests.length > count / 2, "most requests have no log line", String(requests.length));
  for (const line of log.trimEnd().split("\n")) {
    const what = line.slice(0, 300);
    expect(line.length < LINE_LENGTH_MAX, "a log line is too long", what);
    expect(!line.includes("m4rk"), "the log contains text of a client", what);
    const fields = fieldsOf(line);
    expect(fields !== undefined, "a log line is not a JSON object", what);
    const unknown = Object.keys(fields ?? {}).filter((field) => !FIELDS.has(field));
    // Lines without a request have other fields.
    const isOurs = fields?.["request_id"] === undefined;
    expect(isOurs || unknown.length === 0, "a line has an undocumented field", unknown.join());
  }
  expect(collector.spans.length >= requests.length, "spans are missing");
  for (const span of collector.spans) expect(isValid(span), "a span is invalid", shown(span));
  return outcome();
}

function fieldsOf(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return value instanceof Object ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

function isValid(span: ReceivedSpan): boolean {
  const ids = [span.traceId, span.spanId, span.parentSpanId ?? "0123456789abcdef"];
  return (
    ids.every((id, index) => new RegExp(`^[0-9a-f]{${index === 0 ? 32 : 16}}$`).test(id)) &&
    /^(?:[A-Z]+|other) (?:other|\/?[\w/:]*)$/.test(span.name) &&
    BigInt(span.startTimeUnixNano) <= BigInt(span.endTimeUnixNano) &&
    (span.traceState ?? "").length <= 512 &&
    Object.keys(span.attributes).every((key) => ATTRIBUTES.has(key)) &&
    Object.values(span.attributes).every((value) => String(value).length <= VALUE_LENGTH_MAX)
  );
}

const shown = (span: ReceivedSpan) => JSON.stringify(span).slice(0, 600);

/** Returns a random request with the mark, sometimes long or not valid UTF-8. */
function anyRequest(random: Random, authorization: string): string {
  const text = () =>
    pick(random, [
      MARK,
      `${MARK}\x1b[31m`,
      `"},{"level":"error","x":"${MARK}`,
      `${MARK}\u00ff\u0080\t`,
      `\\u000a${MARK}%0d%0a`,
      MARK.repeat(1 + Math.floor(random() * 2_000)),
    ]);
  const word = () => text().replaceAll(/[^!-~]/g, "");
  const maybe = (line: () => string) => (random() < 0.4 ? [line()] : []);
  const hex = (length: number) =>
    Array.from({ length }, () => Math.floor(random() * 16).toString(16)).join("");
  const body = pick(random, ["", "{", `{"name":"${MARK}","email":"${word()}"}`, `"${word()}"`]);
  const path = pick(random, ["/users", `/users/${word()}`, `/${word()}`, `/users/1/${word()}`]);
  const target = `${path}${random() < 0.4 ? `?${pick(random, ["limit", word()])}=${word()}` : ""}`;
  const method = pick(random, ["GET", "POST", "PATCH", "DELETE", "HEAD", "TRACE", "PROPFIND"]);
  return [
    `${method} ${target} HTTP/1.1`,
    `Host: ${random() < 0.7 ? "localhost" : pick(random, [text(), "[", "a%zz", "xn--m4rk", "::"])}`,
    "Connection: close",
    "Content-Type: application/json",
    `Content-Length: ${Buffer.byteLength(body, "latin1")}`,
    ...maybe(() => `X-Request-Id: ${text()}`),
    ...maybe(() => `User-Agent: ${text()}`),
    ...maybe(() => `Authorization: ${pick(random, [authorization, `Bearer ${text()}`, text()])}`),
    ...maybe(() => `Traceparent: ${pick(random, [`00-${hex(32)}-${hex(16)}-01`, text()])}`),
    ...maybe(() => `Tracestate: ${pick(random, [`m4rk=${word()}`, text()])}`),
    ...maybe(() => `${pick(random, ["Idempotency-Key", "If-Match", "Forwarded"])}: ${text()}`),
    "",
    body,
  ].join("\r\n");
}
