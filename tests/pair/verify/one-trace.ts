/** The trace of a request to `orders`, which asks `users`. */
import { expect, setDefaultTimeout, test } from "bun:test";

import { json } from "../../support/ask.ts";
import { startCollector } from "../../support/collector.ts";
import { startService } from "../../support/processes.ts";

setDefaultTimeout(60_000);

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const PARENT = "b7ad6b7169203331";
const ERROR = 2;

test("One trace has the spans of both services, each attempt and each query, with their parents", async () => {
  const collector = startCollector();
  const environment = {
    DATABASE_URL: "sqlite://:memory:",
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
  };
  const asked = await startService("users", environment);
  const carol = { name: "Carol", email: "carol@example.com" };
  const { id } = (await (await fetch(`${asked.url}/users`, json("POST", carol))).json()) as {
    id: string;
  };
  const sent: (string | null)[] = [];
  const gateway: Bun.Server<undefined> = Bun.serve({
    port: 0,
    fetch(request) {
      sent.push(request.headers.get("traceparent"));
      if (sent.length === 1) return new Response("not now", { status: 503 });
      return fetch(request.url.replace(gateway.url.origin, asked.url), {
        headers: request.headers,
      });
    },
  });
  const orders = await startService("orders", { ...environment, USERS_URL: gateway.url.origin });
  const headers = { traceparent: `00-${TRACE}-${PARENT}-01`, tracestate: "congo=t61rcWkgMzE" };
  const body = { user_id: id, amount: 12.5 };
  const response = await fetch(`${orders.url}/orders`, {
    ...json("POST", body),
    headers: { ...headers, "content-type": "application/json" },
  });
  expect(response.status).toBe(201);
  await orders.stop();
  await asked.stop();
  await gateway.stop(true);
  await collector.stop();

  const trace = collector.spans.filter(({ traceId }) => traceId === TRACE);
  const inOrder = trace.toSorted((a, b) =>
    a.startTimeUnixNano < b.startTimeUnixNano ? -1 : Number(a !== b),
  );
  const nameOf = (spanId: string | undefined) => {
    const span = trace.find((one) => one.spanId === spanId);
    return span
      ? `${span.service} ${span.name} ${span.attributes["http.request.resend_count"] ?? ""}`
      : spanId;
  };
  expect(
    inOrder.map(({ service, name, parentSpanId, status, attributes }) => [
      `${service} ${name} ${attributes["http.request.resend_count"] ?? ""}`.trim(),
      nameOf(parentSpanId)?.trim(),
      status.code ?? 0,
      attributes["http.response.status_code"] ?? attributes["db.system.name"],
      attributes["error.type"] ?? "",
    ]),
  ).toEqual([
    ["orders POST /orders", PARENT, 0, 201, ""],
    ["orders GET", "orders POST /orders", ERROR, 503, "503"],
    ["orders GET 1", "orders POST /orders", 0, 200, ""],
    ["users GET /users/:id", "orders GET 1", 0, 200, ""],
    ["users SELECT users", "users GET /users/:id", 0, "sqlite", ""],
    ["orders INSERT orders", "orders POST /orders", 0, "sqlite", ""],
  ]);
  // Each attempt sends its own span id, not that of its parent.
  const attempts = inOrder.filter(({ service, name }) => service === "orders" && name === "GET");
  expect(sent).toEqual(attempts.map(({ spanId }) => `00-${TRACE}-${spanId}-01`));
  expect(new Set(trace.map(({ traceState }) => traceState))).toEqual(
    new Set(["congo=t61rcWkgMzE"]),
  );
});
