/** Evaluates the alert rules on metrics of real services, with Prometheus's own tool. */
import { join } from "node:path";

import { promtool, samplesOf } from "./exposition.ts";
import { ROOT, temporaryFolder } from "./folders.ts";

const RULES = join(ROOT, "deploy", "observability", "rules.yml");

/** How long the change between two scrapes continues, in intervals of 15 seconds: 15 minutes. */
const INTERVALS = 60;

/** How often a cluster asks for each probe between two scrapes: every second. */
const PROBES = 15;

export interface Scraped {
  /** Name of the service in Prometheus. */
  job: string;
  /** The replica. Default: 1 */
  instance?: number;
  /**
   * Responses of `GET /metrics`. Two: the change between them continues. More: each lasts a minute,
   * the last to the end. `undefined`: no response.
   */
  texts: (string | undefined)[];
}

/** Probes a service as often as a cluster does until the next scrape, and scrapes it then. */
export async function scrape({ url }: { url: string }): Promise<string> {
  for (let second = 0; second < PROBES; second += 1) {
    await (await fetch(`${url}/health/live`)).text();
    await (await fetch(`${url}/health/ready`)).text();
  }
  return (await fetch(`${url}/metrics`)).text();
}

/**
 * Returns the alerts that fire at any time in 15 minutes: of two scrapes, counters keep growing,
 * and gauges keep their value.
 */
export async function firing(scraped: readonly Scraped[]): Promise<string[]> {
  using folder = temporaryFolder();
  const file = join(folder.path, "scraped.test.yml");
  const series = scraped.flatMap(seriesOf);
  const expr = 'count by (alertname) (max_over_time(ALERTS{alertstate="firing"}[14m]))';
  const test = {
    interval: "15s",
    input_series: series,
    promql_expr_test: [{ expr, eval_time: "14m" }],
  };
  const tests = { rule_files: [RULES], evaluation_interval: "15s", tests: [test] };
  await Bun.write(file, JSON.stringify(tests));
  // The test expects no alert, so promtool prints those that fire.
  const said = await promtool(["test", "rules", file]);
  const [, got = ""] = /got:([^]*)$/.exec(said) ?? [];
  const alerts = Array.from(got.matchAll(/alertname="(\w+)"/g), ([, name = ""]) => name).toSorted();
  if (alerts.length === 0 && !said.endsWith("SUCCESS")) throw new Error(said);
  return alerts;
}

function seriesOf({ job, instance = 1, texts }: Scraped) {
  const target = { job, instance: `${job}:${instance}` };
  const up = [...texts, texts.at(-1)].map((text) => (text === undefined ? 0 : 1));
  const series = [{ series: named("up", target), values: spread(up, false) }];
  const samples = texts.map((text) => text && samplesOf(text));
  const names = new Set(samples.flatMap((sample) => [...(sample ? sample.keys() : [])]));
  const growing = new Set(
    Array.from(
      texts.join("").matchAll(/^# TYPE (\w+) (?:counter|histogram)$/gm),
      ([, name]) => name,
    ),
  );
  for (const name of names) {
    const values = samples.map((sample) => (sample ? sample.get(name) : undefined));
    const family = name.replace(/\{.*/, "");
    const grows = growing.has(family) || growing.has(family.replace(/_(?:bucket|sum|count)$/, ""));
    series.push({ series: named(name, target), values: spread(values, grows) });
  }
  return series;
}

function named(series: string, labels: Record<string, string>): string {
  const text = Object.entries(labels)
    .map(([name, value]) => `${name}="${value}"`)
    .join(",");
  return series.includes("{") ? series.replace("{", `{${text},`) : `${series}{${text}}`;
}

/** The values of one series, in promtool's notation, where `_` is none. */
function spread(values: readonly (number | undefined)[], grows: boolean): string {
  const before = values[0] ?? "_";
  const after = values[1] ?? "_";
  const last = values.at(-1) ?? "_";
  if (values.length > 2) {
    const minutes = values.map((value) =>
      Array(4)
        .fill(value ?? "_")
        .join(" "),
    );
    return `${minutes.join(" ")} ${last}x${INTERVALS}`;
  }
  if (!grows || typeof after === "string") return `${before} ${after}x${INTERVALS}`;
  // What was not there before grows from its first value on.
  if (typeof before === "string") return `_ ${after}+${after}x${INTERVALS}`;
  return `${before}+${after - before}x${INTERVALS}`;
}
