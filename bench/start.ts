/** The executables: their size, and the time to their first response. */
import { join } from "node:path";

import { SERVICES } from "../services.ts";
import { output } from "./processes.ts";
import { EMPTY, nameIn, type Program, programs } from "./programs.ts";
import type { Report } from "./report.ts";
import { alternate, median, minimum, type SuiteOptions } from "./rounds.ts";
import { cpuMicros } from "./usage.ts";

const ROOT = join(import.meta.dir, "..");
const STARTS = 30;

/** Two sets of 30 starts of one executable differ by as much. */
const NO_SLOWER = 1.02;

export async function measureStart({ say, ...options }: SuiteOptions): Promise<Report> {
  const started = await programs(options);
  const starts = await alternate(
    started.map((program) => ({
      name: `start of ${program.name}`,
      measure: () => firstAnswer(program),
    })),
    { rounds: STARTS, say },
  );
  const least = (index: number, pick: (start: Start) => number) =>
    minimum((starts[index] ?? []).map(pick));
  const empty = started.findIndex(({ name }) => name === EMPTY);
  const wallOf = (index: number) => least(index, ({ ms }) => ms);
  const cpuOf = (index: number) => least(index, ({ cpuMs }) => cpuMs);

  const rows: string[][] = [];
  for (const [index, { name, file }] of started.entries()) {
    rows.push([
      name,
      mebibytes(Bun.file(file).size),
      mebibytes(await gzipped(["gzip", "--stdout", file])),
      await imageSize(name, say),
      cpuOf(index).toFixed(1),
      (cpuOf(index) / cpuOf(empty)).toFixed(2),
      wallOf(index).toFixed(1),
      median((starts[index] ?? []).map(({ ms }) => ms)).toFixed(1),
      (wallOf(index) / wallOf(empty)).toFixed(2),
    ]);
  }
  return {
    title: "The executables",
    notes: [
      `Sizes in MiB, gzip's default level. First 200 of GET /health/ready in ${STARTS} alternating warm starts:`,
      "minimum processor time, and milliseconds from the spawn, minimum and median.",
    ],
    columns: ["", "size", "gzip", "image", "CPU ms", "of empty", "ms", "median", "of empty"],
    rows,
    targets: [
      ...SERVICES.map(({ name }, index) => ({
        what: `first 200 of ${name}, of an ${EMPTY}`,
        ratio: wallOf(index) / wallOf(empty),
        atMost: 2.5,
      })),
      ...options.builds.slice(1).flatMap((other) =>
        SERVICES.map(({ name }, index) => ({
          what: `first 200 of ${name}, of that of ${other.name}`,
          ratio:
            wallOf(index) / wallOf(started.findIndex((one) => one.name === nameIn(other, name))),
          atMost: NO_SLOWER,
        })),
      ),
    ],
  };
}

interface Start {
  /** From the spawn to the first 200. */
  ms: number;
  /** Processor time of all threads until then. */
  cpuMs: number;
}

/** Spawns an executable and sends requests as fast as possible until one succeeds. */
async function firstAnswer({ file, environment, ready }: Program): Promise<Start> {
  const port = freePort();
  const startedAt = performance.now();
  const child = Bun.spawn([file], {
    env: { PORT: String(port), ...environment },
    stdio: ["ignore", "ignore", "ignore"],
  });
  try {
    for (;;) {
      const answer = await fetch(`http://127.0.0.1:${port}${ready}`).catch(() => undefined);
      if (answer?.status === 200) {
        const ms = performance.now() - startedAt;
        return { ms, cpuMs: cpuMicros([child.pid]) / 1000 };
      }
      if (child.exitCode !== null) throw new Error(`${file} exited with ${child.exitCode}`);
    }
  } finally {
    child.kill("SIGTERM");
    await child.exited;
  }
}

/** Returns a free port. The system is unlikely to assign it again at once. */
function freePort(): number {
  const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  listener.stop(true);
  return listener.port;
}

/** Compressed size of the image, if Docker can build it. */
async function imageSize(name: string, say: (line: string) => void): Promise<string> {
  if (!SERVICES.some((service) => service.name === name)) return "";
  try {
    await output(["docker", "version"]);
  } catch {
    return "no Docker";
  }
  try {
    const image = `bench-${name}`;
    await output(["docker", "build", "--build-arg", `SERVICE=${name}`, "--tag", image, ROOT]);
    return mebibytes(await gzipped(["sh", "-c", `docker save ${image} | gzip --stdout`]));
  } catch (error) {
    say(`no image of ${name}: ${String(error)}`);
    return "not built";
  }
}

async function gzipped(command: readonly string[]): Promise<number> {
  const child = Bun.spawn([...command], { stdio: ["ignore", "pipe", "ignore"] });
  let bytes = 0;
  for await (const chunk of child.stdout) bytes += chunk.byteLength;
  return bytes;
}

function mebibytes(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(1);
}
