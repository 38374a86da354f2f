import { expect, test } from "bun:test";

import type { Attributes, Tracer } from "../process/trace/tracer.ts";
import { startServerSpan } from "./spans.ts";

test("The span of a request has at most 256 characters of its path and its host", () => {
  const started: Attributes[] = [];
  const tracer = {
    start: (_name, { attributes = {} }) => {
      started.push(attributes);
      return { context: { traceId: "", spanId: "", sampled: true, state: "" }, end() {} };
    },
    counts: { exported: 0, dropped: 0, refused: 0 },
    end: async () => {},
  } satisfies Tracer;
  startServerSpan(tracer, new Request(`http://${"h".repeat(5_000)}/${"p".repeat(5_000)}`));
  expect(started).toMatchObject([
    { "url.path": `/${"p".repeat(255)}`, "server.address": "h".repeat(256) },
  ]);
});
