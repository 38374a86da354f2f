/** The executables: how large, how quick to their first answer, how much memory. */
import { join } from "node:path";

import { type ServiceName, SERVICES } from "../services.ts";
import { output, residentBytes, startServer } from "./processes.ts";
import { count, type Report } from "./report.ts";
import { alternate, median, spread, type SuiteOptions } from "./rounds.ts";
import { bun, seededFile } from "./services.ts";
import { load } from "./wrk.ts";

const ROOT = join(import.meta.dir, "..");
const STARTS = 10;
const REQUESTS = 100_000;
/** How long an executable is left alone before its memory at rest is read. */
const REST_MS = 1_000;
const EMPTY = "empty Bun.serve";

interface Executable {
  name: string;
  file: string;
  environment: Record<string, string>;
  /** What is asked until it answers 200. */
  ready: string;
  /** What is asked many times. */
  path: string;
}

export async function measureStart({ folder, say }: SuiteOptions): Promise<Report> {
  say("building the executables");
  await output([bun, join(ROOT, "build.ts"), "--out", folder], ROOT);
  const executables: Executable[] = [
    ...(await Promise.all(SERVICES.map(({ name }) => service(name, folder)))),
    await emptyServer(folder),
  ];

  const times = await alternate(
    executables.map((executable) => ({
      name: `start of ${executable.name}`,
      measure: () => firstAnswerMs(executable),
    })),
    { rounds: STARTS, say },
  );
  const medians = times.map(median);
  const empty = medians.at(-1) ?? 0;

  const rows: string[][] = [];
  for (const [index, executable] of executables.entries()) {
    const { name, file } = executable;
    say(`memory of ${name}, with ${count(REQUESTS)} requests`);
    const { atRest, after } = await memory(executable);
    rows.push([
      name,
      mebibytes(Bun.file(file).size),
      mebibytes(await gzipped(["gzip", "--stdout", file])),
      await imageSize(name, say),
      (medians[index] ?? 0).toFixed(1),
      `${Math.round(spread(times[index] ?? []) * 100)}%`,
      ((medians[index] ?? 0) / empty).toFixed(2),
      mebibytes(atRest),
      mebibytes(after),
    ]);
  }
  return {
    title: "The executables",
    notes: [
      `Sizes in MiB, gzip's default level. First 200: median of ${STARTS} warm starts of GET /health/ready, in`,
      `ms from the spawn. RSS in MiB, ${REST_MS / 1000} s after the first answer and after ${count(REQUESTS)} requests`,
      `(${SERVICES.map(({ name }) => `GET /${name}/1`).join(", ")}); most of it are pages of the executable's own file.`,
    ],
    columns: ["", "size", "gzip", "image", "first 200", "spread", "of empty", "at rest", "after"],
    rows,
    targets: executables.slice(0, -1).map(({ name }, index) => ({
      what: `first 200 of ${name}, of an ${EMPTY}`,
      ratio: (medians[index] ?? 0) / empty,
      atMost: 2,
    })),
  };
}

async function service(name: ServiceName, folder: string): Promise<Executable> {
  return {
    name,
    file: join(folder, name),
    environment: { DATABASE_URL: `sqlite://${await seededFile(name, folder)}` },
    ready: "/health/ready",
    path: `/${name}/1`,
  };
}

/** Compiled as build.ts compiles the services. */
async function emptyServer(folder: string): Promise<Executable> {
  const file = join(folder, "empty");
  await Bun.build({
    entrypoints: [join(import.meta.dir, "peers/empty.ts")],
    target: "bun",
    format: "esm",
    bytecode: true,
    sourcemap: "inline",
    minify: { whitespace: true, syntax: true, identifiers: false },
    compile: { outfile: file, autoloadDotenv: false, autoloadBunfig: false },
  });
  return { name: EMPTY, file, environment: {}, ready: "/", path: "/" };
}

/** Spawns, and asks as fast as it can until there is an answer. */
async function firstAnswerMs({ file, environment, ready }: Executable): Promise<number> {
  const port = freePort();
  const startedAt = performance.now();
  const child = Bun.spawn([file], {
    env: { PORT: String(port), ...environment },
    stdio: ["ignore", "ignore", "ignore"],
  });
  try {
    for (;;) {
      const answer = await fetch(`http://127.0.0.1:${port}${ready}`).catch(() => undefined);
      if (answer?.status === 200) return performance.now() - startedAt;
      if (child.exitCode !== null) throw new Error(`${file} ended with ${child.exitCode}`);
    }
  } finally {
    child.kill("SIGTERM");
    await child.exited;
  }
}

/** The port is free now, and nobody is likely to be given the same one in the next moment. */
function freePort(): number {
  const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  listener.stop(true);
  return listener.port;
}

async function memory({ file, environment, ready, path }: Executable) {
  const { url, pid, stop } = await startServer([file], { environment });
  await fetch(`${url}${ready}`);
  await Bun.sleep(REST_MS);
  const atRest = residentBytes(pid);
  for (let done = 0; done < REQUESTS;) {
    const target = { url: `${url}${path}`, connections: 32, seconds: 1, pids: [pid] };
    done += (await load(target)).requestsPerSecond;
  }
  const after = residentBytes(pid);
  await stop();
  return { atRest, after };
}

/** What a registry would hold of the image, if there is Docker to build it. */
async function imageSize(name: string, say: (line: string) => void): Promise<string> {
  if (name === EMPTY) return "";
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
