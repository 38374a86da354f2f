/** What a new version on the same port does to creations that come through nginx. */
import { beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";

import type { Outcome } from "../restart-behind-nginx.ts";
import { command, executable } from "../support/executables.ts";
import { FIRST } from "../support/first.ts";
import { ROOT } from "../support/folders.ts";

setDefaultTimeout(120_000);

let program = "";
beforeAll(async () => void (program = await executable(FIRST)));

const SCRIPT = [process.execPath, join(ROOT, "tests", "restart-behind-nginx.ts")];
// With REQUIRE_PROXIES=1 the tests fail without nginx; otherwise they are skipped.
const hasNginx = existsSync("/usr/sbin/nginx") || process.env["REQUIRE_PROXIES"] === "1";
if (!hasNginx) console.warn("skipped: install Debian's package nginx");

// The setting applies to a whole network namespace, so the test has its own.
const NETWORK = 'ip link set lo up && echo 1 >/proc/sys/net/ipv4/tcp_migrate_req && exec "$0" "$@"';
const inNetwork = ["unshare", "--map-root-user", "--net", "sh", "-c", NETWORK];
const hasNetworks =
  Bun.which("unshare") !== null && Bun.spawnSync([...inNetwork, "true"]).exitCode === 0;
if (!hasNetworks) console.warn("skipped: no network namespace can be made here");

async function outcomeOf(words: readonly string[]): Promise<Outcome> {
  const environment = { PATH: process.env["PATH"] ?? "" };
  const { stdout, stderr } = await command(words, { environment });
  expect(stderr).toBe("");
  return JSON.parse(stdout) as Outcome;
}

test.skipIf(!hasNginx || !hasNetworks)(
  "nginx loses no creation and needs no retry with net.ipv4.tcp_migrate_req",
  async () => {
    const outcome = await outcomeOf([...inNetwork, ...SCRIPT, program, "3", "--no-keepalive"]);
    expect(outcome).toMatchObject({ failures: {}, logged: {} });
    expect(outcome.created).toBeGreaterThan(100);
  },
);

test.skipIf(!hasNginx)(
  "A creation that nginx loses is made when its client repeats it with its key",
  async () => {
    const outcome = await outcomeOf([...SCRIPT, program, "3", "--no-keepalive", "--repeat"]);
    expect(outcome.failures).toEqual({});
    expect(outcome.created).toBeGreaterThan(100);
  },
);
