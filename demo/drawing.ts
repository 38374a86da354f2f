/** Draws a run as an SVG that follows the reader's light or dark colours. */
import type { Sample } from "./load.ts";
import type { Played, Report } from "./play.ts";
import { quantile } from "./summary.ts";

const WIDTH = 1040;
const LEFT = 68;
const RIGHT = WIDTH - 20;
const BIN_MS = 250;

/** The panels, by position. */
const RATE = { top: 138, height: 120 };
const FAILED = { top: 300, height: 70 };
const SLOWNESS = { top: 412, height: 100 };
const TOP = 74;
const BOTTOM = SLOWNESS.top + SLOWNESS.height;
const HEIGHT = BOTTOM + 34;

/** The scale of latency is logarithmic. */
const DECADES = ["1 ms", "10 ms", "100 ms", "1 s", "10 s"];

const STYLE = `
  text { font: 12px system-ui, sans-serif; fill: var(--text) }
  .title { font-size: 18px; font-weight: 600 } .name { font-weight: 600 }
  .faint { fill: var(--faint); font-size: 11px } .end { text-anchor: end }
  .page { fill: var(--page) } .grid { stroke: var(--grid) } .fault { fill: var(--fault) }
  .good { fill: var(--good) } .stale { fill: var(--stale) } .failed { fill: var(--failed) }
  .slow { stroke: var(--text); fill: none; stroke-width: 1.5 }
  svg { --page: #fff; --text: #1f2328; --faint: #59636e; --grid: #d1d9e0; --fault: #f3e7d3;
        --good: #0072b2; --stale: #7cc4ee; --failed: #d55e00 }
  @media (prefers-color-scheme: dark) {
    svg { --page: #0d1117; --text: #f0f6fc; --faint: #9198a1; --grid: #3d444d; --fault: #3d311e;
          --good: #3d95d6; --stale: #b5dffb; --failed: #ff8a3c }
  }`;

const LEGEND = [
  [560, "good", "success"],
  [632, "stale", "success with a stale user"],
  [846, "failed", "failure"],
  [914, "fault", "a part is broken"],
] as const;

/** Returns the SVG of a run. */
export function draw({ played, samples, orders }: Report): string {
  const endMs = played.at(-1)?.to ?? 0;
  const x = (ms: number) => Math.round(LEFT + ((RIGHT - LEFT) * Math.min(ms, endMs)) / endMs);
  const bins = binsOf(samples, endMs);
  const rateMax = 100 * Math.ceil((Math.max(...bins.map(({ all }) => all)) * 10) / BIN_MS);
  const rate = (count: number) => yOf(RATE, (count * 1000) / BIN_MS / rateMax);
  const columns = (name: string, heights: (bin: Bin) => [low: number, high: number]) => {
    const path = bins.map((bin, index) => {
      const [low, high] = heights(bin);
      return `M${x(index * BIN_MS)} ${low}V${high}H${x((index + 1) * BIN_MS)}V${low}Z`;
    });
    return `<path class="${name}" d="${path.join("")}"/>`;
  };
  const line = bins.map(({ p99Ms }, index) => {
    const share = Math.log10(Math.max(p99Ms, 1)) / (DECADES.length - 1);
    return `${x((index + 0.5) * BIN_MS)} ${yOf(SLOWNESS, share)}`;
  });
  const { acknowledged, found, lost, doubled } = orders;

  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-labelledby="title orders">
<style>${STYLE}
</style>
<rect class="page" width="${WIDTH}" height="${HEIGHT}" rx="6"/>
<text id="title" class="title" x="20" y="32">users and orders while parts of them break</text>
<text id="orders" x="20" y="54">${acknowledged} orders confirmed, ${found} found afterwards, ${lost} lost, ${doubled} duplicated</text>
${LEGEND.map(([left, name, words]) => `<rect class="${name}" x="${left}" y="44" width="11" height="11"/>${text(left + 16, 54, words)}`).join("")}
${played.map((one) => phaseOf(one, x)).join("\n")}
${grid(RATE, ["0", String(rateMax / 2), String(rateMax)], "requests per second, at a fixed rate (open-loop load)")}
${grid(FAILED, ["0", "50 %", "100 %"], "share of failures")}
${grid(SLOWNESS, DECADES, "99th percentile of latency, from the scheduled time of a request")}
${columns("good", ({ good }) => [rate(0), rate(good)])}
${columns("stale", ({ good, stale }) => [rate(good), rate(good + stale)])}
${columns("failed", ({ good, stale, all }) => [rate(good + stale), rate(all)])}
${columns("failed", ({ failed, all }) => [yOf(FAILED, 0), yOf(FAILED, failed / Math.max(all, 1))])}
<path class="slow" d="M${line.join("L")}"/>
</svg>
`;
}

type Bin = ReturnType<typeof binsOf>[number];

function binsOf(samples: readonly Sample[], endMs: number) {
  const inBins = Map.groupBy(samples, ({ at }) => Math.floor(at / BIN_MS));
  return Array.from({ length: Math.ceil(endMs / BIN_MS) }, (_, index) => {
    const all = inBins.get(index) ?? [];
    const failed = all.filter(({ failure }) => failure).length;
    const stale = all.filter(({ isStale }) => isStale).length;
    const good = all.length - failed - stale;
    return { all: all.length, good, stale, failed, p99Ms: quantile(all, 0.99) };
  });
}

/** The y coordinate of a share of a panel's height. */
function yOf({ top, height }: typeof RATE, share: number): number {
  return Math.round(top + height * (1 - share));
}

function text(x: number, y: number, words: string, place = ""): string {
  return `<text class="faint ${place}" x="${x}" y="${y}">${words}</text>`;
}

/** A line at the start of a phase, a background until it is repaired, and its labels. */
function phaseOf({ phase: { name, what }, from, mended }: Played, x: (ms: number) => number) {
  const left = x(from);
  const ground = `x="${left}" y="${TOP}" width="${x(mended) - left}" height="${BOTTOM - TOP}"`;
  return `<rect class="fault" ${ground}/><path class="grid" d="M${left} ${TOP}V${BOTTOM}"/><text class="name" x="${left + 5}" y="90">${name}</text>${text(left + 5, 106, what)}${text(left, BOTTOM + 18, `${Math.round(from / 1000)} s`)}`;
}

/** Horizontal lines with labels, from the lowest, and the title of the panel. */
function grid(panel: typeof RATE, labels: readonly string[], title: string): string {
  const lines = labels.map((label, index) => {
    const y = yOf(panel, index / (labels.length - 1));
    return `<path class="grid" d="M${LEFT} ${y}H${RIGHT}"/>${text(LEFT - 8, y + 4, label, "end")}`;
  });
  return lines.join("") + text(LEFT + 5, panel.top - 8, title);
}
