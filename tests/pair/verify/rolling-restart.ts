/** What a rolling restart of both services does to requests. */
import { beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";

import type { ServiceName } from "../../../services.ts";
import { command, executables } from "../../support/executables.ts";
import { ROOT } from "../../support/folders.ts";
import type { Outcome } from "../rolling-restart.ts";

setDefaultTimeout(120_000);

let paths: Record<ServiceName, string>;
beforeAll(async () => void (paths = await executables()));

describe("A rolling restart of both services under load", () => {
  const program = [process.execPath, join(ROOT, "tests", "pair", "rolling-restart.ts")];
  const environment = { PATH: process.env["PATH"] ?? "" };

  test("fails no request on kept connections", async () => {
    const words = [...program, paths.users, paths.orders, "3"];
    const { stdout } = await command(words, { environment });
    const { answered, failures } = JSON.parse(stdout) as Outcome;
    expect(failures).toEqual({});
    expect(answered).toBeGreaterThan(100);
  });

  // The setting applies to a whole network namespace, so the test has its own.
  const network =
    'ip link set lo up && echo 1 >/proc/sys/net/ipv4/tcp_migrate_req && exec "$0" "$@"';
  const inNetwork = ["unshare", "--map-root-user", "--net", "sh", "-c", network];
  const [unshare = ""] = inNetwork;
  const possible =
    Bun.which(unshare) !== null && Bun.spawnSync([...inNetwork, "true"]).exitCode === 0;
  if (!possible) console.warn("new connections: skipped, no network namespace can be made here");

  test.skipIf(!possible)(
    "fails no request on new connections with net.ipv4.tcp_migrate_req",
    async () => {
      const words = [...inNetwork, ...program, paths.users, paths.orders, "3", "new-connections"];
      const { stdout } = await command(words, { environment });
      const { answered, failures } = JSON.parse(stdout) as Outcome;
      expect(failures).toEqual({});
      expect(answered).toBeGreaterThan(100);
    },
  );
});
