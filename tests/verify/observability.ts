/** The alert rules and the dashboard for operators. */
import { describe, expect, test } from "bun:test";
import { join } from "node:path";

import dashboard from "../../deploy/observability/dashboard.json";
import { promtool, testWithPromtool } from "../support/exposition.ts";
import { ROOT, temporaryFolder } from "../support/folders.ts";

const inFolder = (name: string) => join(ROOT, "deploy", "observability", name);

interface Rules {
  groups: {
    rules: {
      alert: string;
      expr: string;
      labels: Record<string, string>;
      annotations: Record<string, string>;
    }[];
  }[];
}

const { groups } = Bun.YAML.parse(await Bun.file(inFolder("rules.yml")).text()) as Rules;
const alerts = groups.flatMap(({ rules }) => rules);

/** The queries of the dashboard, with values for Grafana's variables. */
const queries = dashboard.panels
  .flatMap((panel) => ("targets" in panel ? (panel.targets ?? []) : []))
  .map(({ expr }) => expr.replaceAll("$__rate_interval", "5m").replaceAll("$job", ".*"));

describe("The alerts", () => {
  test.each(alerts)("$alert has a severity, a summary and a runbook", (alert) => {
    expect(["page", "ticket"]).toContain(alert.labels["severity"] ?? "");
    expect(alert.annotations["summary"]).toMatch(/^[A-Z{].*[^.]$/);
    expect(alert.annotations["runbook"]).toMatch(/^[A-Z{].{40,}\.$/);
  });

  testWithPromtool("pass promtool, as does the configuration of Prometheus", async () => {
    expect(await promtool(["check", "rules", "--lint-fatal", inFolder("rules.yml")])).toContain(
      `SUCCESS: ${alerts.length} rules found`,
    );
    expect(await promtool(["check", "config", inFolder("prometheus.yml")])).not.toContain("FAILED");
  });

  testWithPromtool("fire on bad series and stay quiet on good ones", async () => {
    expect(await promtool(["test", "rules", inFolder("rules.test.yml")])).toEndWith("SUCCESS");
  });

  test("each have a test that fires and a test that stays quiet", async () => {
    const text = await Bun.file(inFolder("rules.test.yml")).text();
    const quiet = Array.from(text.matchAll(/alertname: (\w+) /g), ([, name]) => name);
    const fired = Array.from(text.matchAll(/alertname="(\w+)"/g), ([, name]) => name);
    const names = alerts.map(({ alert }) => alert).toSorted();
    expect([...new Set(quiet)].toSorted()).toEqual(names);
    expect([...new Set(fired)].toSorted()).toEqual(names);
  });
});

/** Labels that Prometheus finds for a pod of deploy/kubernetes. */
const POD = {
  __meta_kubernetes_pod_annotation_prometheus_io_path: "/metrics",
  __meta_kubernetes_pod_annotation_prometheus_io_port: "8080",
  __meta_kubernetes_pod_annotation_prometheus_io_scrape: "true",
  __meta_kubernetes_pod_container_init: "false",
  __meta_kubernetes_pod_ip: "10.0.0.1",
  __meta_kubernetes_pod_label_app_kubernetes_io_name: "makers",
  __meta_kubernetes_pod_name: "makers-1",
  __meta_kubernetes_pod_phase: "Running",
};

testWithPromtool("In Kubernetes, the job is the service and the instance the pod", async () => {
  using folder = temporaryFolder();
  const file = join(folder.path, "prometheus.yml");
  const text = await Bun.file(inFolder("prometheus.kubernetes.yml")).text();
  // Debian's build cannot ask Kubernetes: the test says what it would find.
  const pods = [
    { targets: ["10.0.0.1:9999"], labels: POD },
    { targets: ["a"], labels: { ...POD, __meta_kubernetes_pod_container_init: "true" } },
    { targets: ["b"], labels: { ...POD, __meta_kubernetes_pod_phase: "Succeeded" } },
    {
      targets: ["c"],
      labels: { ...POD, __meta_kubernetes_pod_annotation_prometheus_io_scrape: "" },
    },
  ];
  const found = `static_configs: ${JSON.stringify(pods)}`;
  await Bun.write(file, text.replace("kubernetes_sd_configs: [{ role: pod }]", found));
  const args = ["check", "service-discovery", "--timeout=1s", file, "pods"];
  const said = JSON.parse(await promtool(args)) as { labels?: Record<string, string> }[];
  const targets = said.flatMap(({ labels }) => (labels && "job" in labels ? [labels] : []));
  expect(targets).toMatchObject([
    { __address__: "10.0.0.1:8080", __metrics_path__: "/metrics", job: "makers" },
  ]);
  expect(targets[0]?.["instance"]).toBe("makers-1");
});

test("No alert and no panel counts probes and scrapes as requests", () => {
  const selectors = [...queries, ...alerts.map(({ expr }) => expr)].flatMap((query) =>
    Array.from(query.matchAll(/http_request_duration_seconds_\w+(\{[^}]*\})?/g), ([, one]) => one),
  );
  expect(selectors.length).toBeGreaterThan(8);
  for (const selector of selectors) {
    expect(selector).toMatch(/route!~"(?:other\|)?\/health\/\.\*\|\/metrics"/);
  }
});

describe("The dashboard", () => {
  test("has a description for every panel and no overlapping panels", () => {
    const places = new Set<string>();
    for (const panel of dashboard.panels) {
      const { x, y, w, h } = panel.gridPos;
      expect(x + w).toBeLessThanOrEqual(24);
      for (let column = x; column < x + w; column += 1) {
        for (let line = y; line < y + h; line += 1) {
          expect(places).not.toContain(`${column} ${line}`);
          places.add(`${column} ${line}`);
        }
      }
      if (panel.type !== "row") expect(panel).toHaveProperty("description");
    }
  });

  testWithPromtool("has only queries that Prometheus can parse", async () => {
    using folder = temporaryFolder();
    const file = join(folder.path, "queries.yml");
    const rules = queries.map((expr, index) => ({ record: `query_${index}`, expr }));
    await Bun.write(file, JSON.stringify({ groups: [{ name: "queries", rules }] }));
    expect(await promtool(["check", "rules", file])).toContain(
      `SUCCESS: ${queries.length} rules found`,
    );
  });
});
