/**
 * Replaces a service under creations that come through nginx, each new process on the port of the
 * old one:
 *
 *   bun tests/restart-behind-nginx.ts EXECUTABLE ROUNDS [--grace MS] [--repeat] [--no-keepalive]
 *
 * It prints how many creations succeeded, the statuses of the others, and what nginx logged. nginx
 * sends each creation once; with `--repeat`, clients repeat one that failed, with its idempotency key.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";

import { json } from "./support/ask.ts";
import { atEnd } from "./support/at-end.ts";
import { ALL, bodyOf, FIRST } from "./support/first.ts";
import { temporaryFolder } from "./support/folders.ts";
import { startService } from "./support/processes.ts";
import { freePort } from "./support/server-folder.ts";

const CLIENTS = 40;
/** Pauses let nginx close and open connections, as the uneven traffic of real clients does. */
const PAUSE_MAX_MS = 60;

if (import.meta.main) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      grace: { type: "string", default: "500" },
      repeat: { type: "boolean", default: false },
      keepalive: { type: "boolean", default: true },
    },
    allowNegative: true,
  });
  const [executable = "", rounds = ""] = positionals;
  const { grace, ...proxy } = values;
  const options = { executable, rounds: Number(rounds), grace, ...proxy };
  console.log(JSON.stringify(await restartBehindNginx(options)));
  process.exit();
}

export interface Outcome {
  created: number;
  /** Number of creations that failed, by status. */
  failures: Record<string, number>;
  /** Number of errors in nginx's log, by text. */
  logged: Record<string, number>;
}

interface Options {
  executable: string;
  rounds: number;
  /** In milliseconds. */
  grace: string;
  repeat: boolean;
  keepalive: boolean;
}

async function restartBehindNginx(options: Options): Promise<Outcome> {
  const { executable, rounds, grace, repeat } = options;
  using folder = temporaryFolder();
  const start = (port: string) =>
    startService(
      FIRST,
      { PORT: port, DATABASE_URL: `sqlite://${folder.path}/it.db`, SHUTDOWN_GRACE_MS: grace },
      [executable, "serve", "--reuse-port"],
    );
  let current = await start("0");
  const { port } = new URL(current.url);
  const nginx = await startNginx(folder.path, port, options);
  const outcome: Outcome = { created: 0, failures: {}, logged: {} };
  const clients = { stop: false };
  let number = 0;

  async function client(): Promise<void> {
    while (!clients.stop) {
      number += 1;
      const headers = { "idempotency-key": `"creation-${number}"` };
      const request = json("POST", bodyOf(number), headers);
      let response = await fetch(`${nginx.url}${ALL}`, request);
      if (repeat && response.status === 502) response = await fetch(`${nginx.url}${ALL}`, request);
      await response.text();
      if (response.status === 201) outcome.created += 1;
      else count(outcome.failures, String(response.status));
      await Bun.sleep(Math.random() * PAUSE_MAX_MS);
    }
  }

  const running = Array.from({ length: CLIENTS }, client);
  for (let round = 0; round < rounds; round += 1) {
    const next = await start(port);
    const code = await current.stop();
    if (code !== 0) count(outcome.failures, `exit code ${code}`);
    current = next;
  }
  clients.stop = true;
  await Promise.all(running);
  await current.stop();
  const log = await nginx.stop();
  for (const [, text = ""] of log.matchAll(/\[error\] [\d#:]+ (?:\*\d+ )?(.*?), client:/g)) {
    count(outcome.logged, text);
  }
  return outcome;
}

/** Starts nginx in front of a port. Its worker runs as the same user, also in a user namespace. */
async function startNginx(folder: string, port: string, { keepalive }: Options) {
  const own = freePort();
  const log = join(folder, "nginx.log");
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  );
  await Bun.write(
    join(folder, "nginx.conf"),
    `daemon off; worker_processes 1; pid ${folder}/pid; error_log ${log};
    ${process.getuid?.() === 0 ? "user root;" : ""}
    events {}
    http {
      access_log off;
      ${temporary.join(" ")}
      upstream service { server 127.0.0.1:${port}; ${keepalive ? "keepalive 64;" : ""} }
      server {
        listen 127.0.0.1:${own};
        location / {
          proxy_pass http://service;
          proxy_http_version 1.1;
          proxy_set_header Connection "${keepalive ? "" : "close"}";
          proxy_set_header Host $http_host;
          proxy_next_upstream off;
        }
      }
    }`,
  );
  const child = Bun.spawn(["/usr/sbin/nginx", "-c", join(folder, "nginx.conf"), "-e", log]);
  void child.exited.then(atEnd(() => child.kill("SIGKILL")));
  const url = `http://127.0.0.1:${own}`;
  while (!(await fetch(`${url}/health/live`).then(Boolean, () => false))) {
    if (child.exitCode !== null) throw new Error(await Bun.file(log).text());
    await Bun.sleep(10);
  }
  return {
    url,
    /** Returns what it logged. */
    async stop() {
      child.kill("SIGTERM");
      await child.exited;
      return Bun.file(log).text();
    },
  };
}

function count(counts: Record<string, number>, what: string): void {
  counts[what] = (counts[what] ?? 0) + 1;
}
