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
