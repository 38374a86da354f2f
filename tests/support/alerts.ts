/** Evaluates the alert rules on metrics of real services, with Prometheus's own tool. */
import { join } from "node:path";

import { promtool, samplesOf } from "./exposition.ts";
import { ROOT, temporaryFolder } from "./folders.ts";

const RULES = join(ROOT, "deploy", "observability", "rules.yml");

/** How long the change between two scrapes continues, in intervals of 15 seconds: 15 minutes. */
const INTERVALS = 60;

export interface Scraped {
  /** Name of the service in Prometheus. */
  job: string;
  /** Responses of `GET /metrics`: before and after the event. `undefined`: no response. */
  texts: (string | undefined)[];
}

/**
 * Returns the alerts that fire if the change between two scrapes continues for 15 minutes: counters
 * keep growing, and gauges keep their value. With more than two scrapes, each lasts one minute.
 */
export async function firing(scraped: readonly Scraped[]): Promise<string[]> {
  using folder = temporaryFolder();
  const file = join(folder.path, "scraped.test.yml");
  const series = scraped.flatMap(seriesOf);
  const expr = 'count by (alertname) (ALERTS{alertstate="firing"})';
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
  return Array.from(got.matchAll(/alertname="(\w+)"/g), ([, name = ""]) => name).toSorted();
}

function seriesOf({ job, texts }: Scraped) {
  const target = { job, instance: `${job}:1` };
  const up = [...texts, texts.at(-1)].map((text) => (text === undefined ? 0 : 1));
  const series = [{ series: named("up", target), values: spread(up, false) }];
  const scrapes = texts.filter((text) => text !== undefined);
  const samples = scrapes.map(samplesOf);
  const growing = new Set(
    Array.from(
      (scrapes.at(-1) ?? "").matchAll(/^# TYPE (\w+) (?:counter|histogram)$/gm),
      ([, name]) => name,
    ),
  );
  for (const name of samples.at(-1)?.keys() ?? []) {
    const values = samples.map((sample) => sample.get(name) ?? 0);
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

/** The values of one series, in promtool's notation. */
function spread(values: readonly number[], grows: boolean): string {
  if (values.length > 2) {
    const minutes = values.map((value) => `${value} ${value} ${value} ${value}`);
    return `${minutes.join(" ")} ${values.at(-1)}x${INTERVALS}`;
  }
  const [before = 0, after = before] = values;
  return grows ? `${before}+${after - before}x${INTERVALS}` : `${before} ${after}x${INTERVALS}`;
}
