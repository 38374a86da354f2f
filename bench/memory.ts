/** Memory of the executables: at rest, after many requests, and after ten times as many. */
import { join } from "node:path";

import { SERVICES } from "../services.ts";
import { output, startServer } from "./processes.ts";
import { type Program, programs } from "./programs.ts";
import { count, type Report } from "./report.ts";
import type { SuiteOptions } from "./rounds.ts";
import { residentBytes } from "./usage.ts";
import { load } from "./wrk.ts";

const [MANY, TEN_TIMES] = [100_000, 1_000_000];
const CONNECTIONS = 32;
/** Pause before the memory at rest is read. */
const REST_MS = 1_000;

export async function measureMemory({ say, ...options }: SuiteOptions): Promise<Report> {
  const measured: { name: string; memory: Memory }[] = [];
  const all = await programs(options);
  const { environment, stop } = await startCollector(options.folder);
  const traced: Program[] = [];
  for (const program of all.slice(0, SERVICES.length)) {
    const name = `${program.name}, every request traced, over TLS`;
    traced.push({ ...program, name, environment: { ...program.environment, ...environment } });
  }
  for (const program of [...all, ...traced]) {
    say(`memory of ${program.name}, with ${count(TEN_TIMES)} requests`);
    measured.push({ name: program.name, memory: await memoryOf(program) });
  }
  await stop();
  return {
    title: "Memory",
    notes: [
      `Resident MiB: ${REST_MS / 1000} s after the first response, after ${count(MANY)} requests`,
      `(${SERVICES.map(({ name }) => `GET /${name}/1`).join(", ")}) and after ${count(TEN_TIMES)}. Most of it is pages of the executable file.`,
    ],
    columns: ["", "at rest", count(MANY), count(TEN_TIMES)],
    rows: measured.map(({ name, memory: { atRest, many, tenTimes } }) => [
      name,
      ...[atRest, many, tenTimes].map((bytes) => (bytes / 1024 / 1024).toFixed(1)),
    ]),
    targets: measured.slice(0, SERVICES.length).map(({ name, memory: { many, tenTimes } }) => ({
      what: `memory of ${name} after ${count(TEN_TIMES)} requests, of that after ${count(MANY)}`,
      ratio: tenTimes / many,
      atMost: 1.05,
    })),
  };
}

/** Starts a collector with a certificate of its own. Returns the variables of a service that uses it. */
async function startCollector(folder: string) {
  const [key, certificate] = [join(folder, "key.pem"), join(folder, "certificate.pem")];
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
  const files = ["-keyout", key, "-out", certificate];
  await output(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", ...files, ...subject]);
  const server = Bun.serve({
    port: 0,
    tls: { key: Bun.file(key), cert: Bun.file(certificate) },
    fetch: () => Response.json({}),
  });
  const environment = {
    OTEL_EXPORTER_OTLP_ENDPOINT: `https://localhost:${server.port}`,
    NODE_EXTRA_CA_CERTS: certificate,
  };
  return { environment, stop: () => server.stop(true) };
}

interface Memory {
  atRest: number;
  many: number;
  tenTimes: number;
}

async function memoryOf({ file, environment, ready, path }: Program): Promise<Memory> {
  const { url, pid, stop } = await startServer([file], { environment });
  await fetch(`${url}${ready}`);
  await Bun.sleep(REST_MS);
  const atRest = residentBytes(pid);
  let done = 0;
  const upTo = async (requests: number): Promise<number> => {
    while (done < requests) {
      const target = { url: `${url}${path}`, connections: CONNECTIONS, pids: () => [pid] };
      done += (await load({ ...target, seconds: 1 })).requests;
    }
    return residentBytes(pid);
  };
  const many = await upTo(MANY);
  const tenTimes = await upTo(TEN_TIMES);
  await stop();
  return { atRest, many, tenTimes };
}
