/** The units for systemd, and what an executable tells it. */
import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { cpSync, mkdirSync } from "node:fs";
import { join } from "node:path";

import packageJson from "../../package.json";
import { serviceNamed, SERVICES, urlVariableOf } from "../../services.ts";
import { command, executable } from "../support/executables.ts";
import { ROOT, temporaryFolder } from "../support/folders.ts";
import { bindNotifySocket } from "../support/notify-socket.ts";
import { startService } from "../support/processes.ts";
import { definitionOf, FIRST, NAMES } from "../support/services.ts";

setDefaultTimeout(120_000);

const FOLDER = join(ROOT, "deploy", "systemd");
const SYSTEM = "/usr/lib/systemd/system";
/** The exposure that systemd-analyze finds, of 100. What is left: the network, and rights of any JIT. */
const EXPOSURE_MAX = 15;

const folder = temporaryFolder();
afterAll(() => folder[Symbol.dispose]());

const textOf = (name: string) => Bun.file(join(FOLDER, name)).text();
const common = await textOf("edge-.service.d/common.conf");
const readme = await textOf("README.md");

/** The variables that the lines `Environment=` set. */
function variablesIn(unit: string): Record<string, string> {
  const words = Array.from(unit.matchAll(/^Environment=(.*)$/gm), ([, line = ""]) => line).join(
    " ",
  );
  return Object.fromEntries(words.split(" ").map((word) => word.split(/=(.*)/s).slice(0, 2)));
}

describe.each(NAMES)("The unit of %s", (service) => {
  const unit = () => textOf(`edge-${service}@.service`);

  test("has the port of the service, its own user and database, and the services that it calls", async () => {
    const { port, calls } = serviceNamed(service);
    const urls = calls.map((asked) => [
      urlVariableOf(asked),
      `http://localhost:${serviceNamed(asked).port}`,
    ]);
    expect(variablesIn(await unit())).toEqual({
      PORT: String(port),
      DATABASE_URL: `sqlite://%S/edge-${service}/${service}.db`,
      ...Object.fromEntries(urls),
    });
    for (const line of [
      "Type=notify",
      `User=edge-${service}`,
      `StateDirectory=edge-${service}`,
      `ExecStart=/opt/${packageJson.name}/%i/${service} serve --reuse-port`,
    ]) {
      expect((await unit()).split("\n")).toContain(line);
    }
  });

  test("sets only variables that the service has", async () => {
    const { properties } = (await definitionOf(service)).config;
    const set = { ...variablesIn(await unit()), ...variablesIn(common) };
    const known = Object.keys(properties).flatMap((name) => [name, `${name}_FILE`]);
    expect(Object.keys(set).filter((name) => !known.includes(name))).toEqual([]);
  });
});

test("Exactly the services of the list have a unit, and one for backups", () => {
  const units = Array.from(new Bun.Glob("edge-*@.service").scanSync(FOLDER));
  const names = [...NAMES, "backup"].map((name) => `edge-${name}@.service`);
  expect(units.toSorted()).toEqual(names.toSorted());
});

test("systemd gives a service the time that it takes to stop", () => {
  const { SHUTDOWN_GRACE_MS: grace, SHUTDOWN_TIMEOUT_MS: timeout } = variablesIn(common);
  const [, stopSeconds] = /^TimeoutStopSec=(\d+)$/m.exec(common) ?? [];
  expect(Number(grace)).toBeGreaterThanOrEqual(500);
  expect(Number(stopSeconds) * 1_000).toBeGreaterThan(Number(grace) + Number(timeout) + 2_000);
});

test("journald keeps every line of a service at full load", () => {
  const [, seconds] = /^LogRateLimitIntervalSec=(\d+)s$/m.exec(common) ?? [];
  const [, burst] = /^LogRateLimitBurst=(\d+)$/m.exec(common) ?? [];
  // 0 is no limit by the manual, but systemd hands it on as "not set", and journald has a default.
  expect(Number(seconds)).toBeGreaterThan(0);
  expect(Number(burst) / Number(seconds)).toBeGreaterThanOrEqual(100_000);
});

test("The units clear the variables of Bun that the image clears", async () => {
  const image = await Bun.file(join(ROOT, "Dockerfile")).text();
  const cleared = Array.from(image.matchAll(/^ +(\w+)=""/gm), ([, name = ""]) => name);
  const unset = Array.from(common.matchAll(/^UnsetEnvironment=(.*)$/gm), ([, names = ""]) => names);
  expect(cleared.length).toBeGreaterThan(5);
  expect(unset.join(" ").split(" ").toSorted()).toEqual(cleared.toSorted());
});

const hasSystemd = Bun.which("systemd-analyze") !== null && process.platform === "linux";
if (!hasSystemd) console.warn("systemd: systemd-analyze is not asked, because there is none here");

/** A root with the units, and with programs at the paths that they start. */
function install(root: string): string {
  cpSync(FOLDER, join(root, "etc/systemd/system"), { recursive: true });
  cpSync(SYSTEM, join(root, SYSTEM), { recursive: true });
  const programs = NAMES.flatMap((name) => [`1.0.0/${name}`, `current/${name}`]);
  const paths = programs.map((path) => `opt/${packageJson.name}/${path}`);
  for (const path of [...paths, "usr/bin/sh", "usr/bin/find"]) {
    mkdirSync(join(root, path, ".."), { recursive: true });
    cpSync("/usr/bin/true", join(root, path));
  }
  return root;
}

const analyze = (...args: string[]) => command(["systemd-analyze", ...args]);

describe.skipIf(!hasSystemd)("systemd-analyze", () => {
  const units = [
    ...NAMES.flatMap((name) => [`edge-${name}@1.0.0.service`, `edge-backup@${name}.service`]),
    ...NAMES.map((name) => `edge-backup@${name}.timer`),
  ];

  test("verify has no finding", async () => {
    const root = install(join(folder.path, "right"));
    expect(await analyze("verify", `--root=${root}`, ...units)).toEqual({
      exitCode: 0,
      stdout: "",
      stderr: "",
    });
  });

  test("verify has no finding with the settings of README.md for an identity provider", async () => {
    const root = install(join(folder.path, "key-set"));
    const [, write = "", path = ""] = /^(printf .* >)(\S+key-set\.conf)$/m.exec(readme) ?? [];
    const { exitCode } = await command(["bash", "-c", `${write}"${join(root, path)}"`]);
    expect(exitCode).toBe(0);
    const text = await Bun.file(join(root, path)).text();
    const [, unset = ""] = /^UnsetEnvironment=(.*)$/m.exec(text) ?? [];
    expect(variablesIn(common)[unset]).toStartWith("%d/");
    expect(text.split("\n")).toContain("LoadCredential=");
    expect(await analyze("verify", `--root=${root}`, ...units)).toEqual({
      exitCode: 0,
      stdout: "",
      stderr: "",
    });
  });

  test("verify has a finding if the common settings have a mistake", async () => {
    const root = install(join(folder.path, "wrong"));
    const path = join(root, "etc/systemd/system/edge-.service.d/common.conf");
    await Bun.write(path, common.replace("ProtectHome=", "ProtectHomes="));
    const { stderr } = await analyze("verify", `--root=${root}`, ...units);
    expect(stderr).toContain("ProtectHomes");
  });

  test.each(units.filter((unit) => unit.endsWith(".service")))(
    "security approves of %s",
    async (unit) => {
      const root = install(join(folder.path, unit));
      const limits = ["--offline=true", `--threshold=${EXPOSURE_MAX}`, "--no-pager"];
      const { exitCode, stdout } = await analyze("security", ...limits, `--root=${root}`, unit);
      expect({ exitCode, report: exitCode === 0 ? "" : stdout }).toEqual({
        exitCode: 0,
        report: "",
      });
    },
  );
});

describe.if(process.platform === "linux")("An executable", () => {
  test.each(SERVICES)("tells systemd that $name is ready, and that it stops", async ({ name }) => {
    const address = `@notified-${name}-${process.pid}`;
    using socket = bindNotifySocket(address);
    const environment = { DATABASE_URL: "sqlite://:memory:", NOTIFY_SOCKET: address };
    const running = await startService(name, environment, [await executable(name)]);
    expect(await socket.next()).toBe("READY=1");
    expect((await fetch(`${running.url}/health/ready`)).status).toBe(200);
    running.process.kill("SIGTERM");
    expect(await socket.next()).toBe("STOPPING=1");
    expect(await running.process.exited).toBe(0);
  });

  test("with --no-migrate tells systemd that it is ready only after someone has migrated", async () => {
    const address = `${folder.path}/notify`;
    using socket = bindNotifySocket(address);
    const program = await executable(FIRST);
    const environment = { DATABASE_URL: `sqlite://${folder.path}/${FIRST}.db` };
    const words = [program, "serve", "--no-migrate"];
    const running = await startService(FIRST, { ...environment, NOTIFY_SOCKET: address }, words);
    expect((await fetch(`${running.url}/health/ready`)).status).toBe(503);
    const told = socket.next();
    expect(await Promise.race([told, fetch(`${running.url}/health/live`)])).toBeInstanceOf(
      Response,
    );
    expect(await command([program, "migrate"], { environment })).toMatchObject({ exitCode: 0 });
    expect(await told).toBe("READY=1");
    expect(await running.stop()).toBe(0);
  });

  test("serves if the socket of systemd is gone, with a warning", async () => {
    const environment = { DATABASE_URL: "sqlite://:memory:", NOTIFY_SOCKET: "/nowhere/notify" };
    const running = await startService(FIRST, environment, [await executable(FIRST)]);
    while (!running.log().includes("systemd was not told")) await Bun.sleep(10);
    expect((await fetch(`${running.url}/health/ready`)).status).toBe(200);
    expect(await running.stop()).toBe(0);
  });
});
