/** The results of a suite, and how they are printed. */

export interface Report {
  title: string;
  /** How it was measured, and what was omitted. */
  notes: readonly string[];
  columns: readonly string[];
  rows: readonly (readonly string[])[];
  targets: readonly Target[];
}

/** A ratio and its target, of which it has one. */
export interface Target {
  what: string;
  ratio: number;
  atLeast?: number;
  atMost?: number;
}

export function printed({ title, notes, columns, rows }: Report): string {
  const lines = table([columns, ...rows]);
  const rule = lines[0]?.replaceAll(/./g, "-") ?? "";
  return [`## ${title}`, "", lines[0], rule, ...lines.slice(1), "", ...notes, ""].join("\n");
}

export function printedTargets(targets: readonly Target[]): string {
  const rows = targets.map((target) => {
    const { better, wanted, reached } = judged(target);
    return [target.what, target.ratio.toFixed(2), better, wanted, reached ? "reached" : "MISSED"];
  });
  const [head, ...lines] = table([["target", "ratio", "better", "wanted", ""], ...rows]);
  return ["## Targets", "", head, head?.replaceAll(/./g, "-"), ...lines, ""].join("\n");
}

function judged({ ratio, atLeast, atMost = Number.NaN }: Target) {
  return atLeast === undefined
    ? { better: "lower", wanted: `at most ${atMost}`, reached: ratio <= atMost }
    : { better: "higher", wanted: `at least ${atLeast}`, reached: ratio >= atLeast };
}

/** Pads the columns: the first one is left-aligned, numbers are right-aligned. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return column === 0 ? cell.padEnd(width) : cell.padStart(width);
      })
      .join("  ")
      .trimEnd(),
  );
}

export function count(value: number): string {
  return Math.round(value).toLocaleString("en");
}

export function percent(share: number): string {
  return `${Math.round(share * 100)}%`;
}
