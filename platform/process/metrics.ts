/** Metrics in the Prometheus text format, version 0.0.4. */

/** The labels of a series: names match `[a-z_]`, each value is one of a bounded set. */
export type Labels = Record<string, string>;

interface MetricOptions {
  /** In `[a-z_]`, with the unit last: `_seconds`, `_bytes`, and `_total` for counters. */
  name: string;
  /** One line. The first registration of a name sets it for all. */
  help: string;
  /** The labels that all series of this registration share. Default: none */
  labels?: Labels;
}

export interface CounterOptions<Value extends string> extends MetricOptions {
  /** The name of the label that distinguishes its series. */
  label: string;
  /** All values of the label: each has a series from the start, and there are no others. */
  values: readonly Value[];
}

export interface ReadOptions extends MetricOptions {
  /** Called when the metrics are read. */
  read: () => number;
}

export interface HistogramOptions extends MetricOptions {
  /** The upper bounds of the buckets, ascending. */
  bounds: readonly number[];
}

/** The registry of a program. A name may be registered again with other labels. */
export interface Metrics {
  /** Adds a counter. Returns the function that increments it. */
  counter<Value extends string>(options: CounterOptions<Value>): (value: Value) => void;
  /** Adds a gauge. */
  gauge(options: ReadOptions): void;
  /** Adds a counter whose value is kept elsewhere. */
  total(options: ReadOptions): void;
  /**
   * Adds a histogram. Returns a function that adds a series, and returns the function that observes
   * a value.
   */
  histogram(options: HistogramOptions): (labels?: Labels) => (value: number) => void;
  /** Registers more when the metrics are first read: the start of a program need not wait for it. */
  atFirstReading(register: () => void): void;
  /** Returns all metrics in the Prometheus format. */
  text(): string;
}

interface Family {
  type: "counter" | "gauge" | "histogram";
  help: string;
  /** The lines of its series. */
  series: (() => string[])[];
}

export function createMetrics(): Metrics {
  const families = new Map<string, Family>();
  const postponed: (() => void)[] = [];

  function familyOf(type: Family["type"], { name, help }: MetricOptions): Family {
    const family = families.get(name) ?? { type, help, series: [] };
    if (family.type !== type) throw new Error(`${name} is a ${family.type} already`);
    families.set(name, family);
    return family;
  }

  function read(type: "counter" | "gauge", { read, ...options }: ReadOptions): void {
    const { name, labels } = options;
    familyOf(type, options).series.push(() => [`${name}${braced(labels)} ${read()}`]);
  }

  return {
    counter({ label, values, ...options }) {
      const { name, labels } = options;
      const counts = new Map(values.map((value) => [value, 0]));
      familyOf("counter", options).series.push(() =>
        Array.from(counts, ([value, count]) => {
          return `${name}${braced({ ...labels, [label]: value })} ${count}`;
        }),
      );
      return (value) => void counts.set(value, (counts.get(value) ?? 0) + 1);
    },
    gauge: (options) => read("gauge", options),
    total: (options) => read("counter", options),
    histogram({ bounds, ...options }) {
      const { series } = familyOf("histogram", options);
      return (labels) => {
        const { observe, lines } = createSeries(bounds);
        const text = labelled({ ...options.labels, ...labels });
        series.push(() => lines(options.name, text));
        return observe;
      };
    },
    atFirstReading: (register) => void postponed.push(register),
    text() {
      for (const register of postponed.splice(0)) register();
      const lines: string[] = [];
      for (const [name, { type, help, series }] of families) {
        lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
        for (const linesOf of series) lines.push(...linesOf());
      }
      return `${lines.join("\n")}\n`;
    },
  };
}

function createSeries(bounds: readonly number[]) {
  // The last is for values above all bounds.
  const counts = Array.from({ length: bounds.length + 1 }, () => 0);
  let sum = 0;
  return {
    observe(value: number): void {
      let bucket = 0;
      while (bucket < bounds.length && value > (bounds[bucket] as number)) bucket += 1;
      counts[bucket] = (counts[bucket] as number) + 1;
      sum += value;
    },
    lines(name: string, labels: string): string[] {
      const before = labels === "" ? "" : `${labels},`;
      let total = 0;
      const buckets = counts.map((count, index) => {
        total += count;
        return `${name}_bucket{${before}le="${bounds[index] ?? "+Inf"}"} ${total}`;
      });
      const after = labels === "" ? "" : `{${labels}}`;
      return [...buckets, `${name}_sum${after} ${sum}`, `${name}_count${after} ${total}`];
    },
  };
}

function labelled(labels: Labels): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${escaped(value)}"`)
    .join(",");
}

function braced(labels: Labels = {}): string {
  const text = labelled(labels);
  return text === "" ? "" : `{${text}}`;
}

/** https://prometheus.io/docs/instrumenting/exposition_formats/#comments-help-text-and-type-information */
function escaped(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
