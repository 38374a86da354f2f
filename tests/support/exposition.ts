/** A strict parser of Prometheus's text format, and Prometheus's own tool. */
import { expect, test } from "bun:test";

/** Returns the samples by series, after checking every line against version 0.0.4 of the format. */
export function samplesOf(text: string): Map<string, number> {
  expect(text).toEndWith("\n");
  const samples = new Map<string, number>();
  const typed = new Set<string>();
  for (const line of text.trimEnd().split("\n")) {
    const type = /^# TYPE ([a-z_]+) (?:counter|gauge|histogram)$/.exec(line)?.[1];
    if (type !== undefined) {
      expect(typed).not.toContain(type);
      typed.add(type);
    }
    if (line.startsWith("#")) {
      expect(line).toMatch(/^# (?:HELP [a-z_]+ \S.*|TYPE [a-z_]+ [a-z]+)$/);
      continue;
    }
    const sample =
      /^(([a-z_]+)(?:\{[a-z_]+="(?:[^"\\\n]|\\["\\n])*"(?:,[a-z_]+="(?:[^"\\\n]|\\["\\n])*")*\})?) (\S+)$/.exec(
        line,
      );
    const [, series = "", name = "", value] = sample ?? [];
    expect(typed).toContain(typed.has(name) ? name : name.replace(/_(?:bucket|sum|count)$/, ""));
    expect(samples.has(series)).toBe(false);
    expect(Number(value)).not.toBeNaN();
    samples.set(series, Number(value));
  }
  return samples;
}

/** Runs `promtool` with this standard input, and returns its output. */
export async function promtool(args: readonly string[], input = ""): Promise<string> {
  const child = Bun.spawn(["promtool", ...args], {
    stdin: new TextEncoder().encode(input),
    stdout: "pipe",
    stderr: "pipe",
  });
  const output = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  const said = output.join("").trim();
  return (await child.exited) === 0 ? said : `promtool failed: ${said}`;
}

/**
 * Defines a test that needs `promtool` (Debian: `prometheus`). Without it the test is skipped and its
 * name says so; with REQUIRE_PROMTOOL=1 it fails. `define` is `test`, or `test.concurrent` for a test
 * that may overlap with others.
 */
export function testWithPromtool(
  name: string,
  run: () => Promise<void>,
  define: (name: string, run: () => Promise<void>, timeoutMs: number) => void = test,
): void {
  const missing = "there is no promtool: install Debian's package prometheus";
  if (Bun.which("promtool")) define(name, run, 120_000);
  else if (process.env["REQUIRE_PROMTOOL"] === "1") {
    test(name, () => {
      throw new Error(missing);
    });
  } else test.skip(`${name}: ${missing}`, () => {});
}
