/** Which log lines survive if the process crashes or its output blocks or is full. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { closeSync, constants, openSync, readSync } from "node:fs";
import { join } from "node:path";

import { listeningUrl } from "../../platform/process/listening.ts";
import { command, executable } from "../support/executables.ts";
import { FIRST, LIST } from "../support/first.ts";
import { ROOT, temporaryFolder } from "../support/folders.ts";

setDefaultTimeout(120_000);

const ENVIRONMENT = { PORT: "0", DATABASE_URL: "sqlite://:memory:" };
/** More lines than a pipe holds. */
const REQUESTS = 1_000;

let program = "";
const folder = temporaryFolder();
beforeAll(async () => {
  program = await executable(FIRST);
});
afterAll(() => folder[Symbol.dispose]());

/** A process that logs to a pipe, which only the test reads. */
async function start(name: string, words: readonly string[]) {
  const pipe = join(folder.path, name);
  Bun.spawnSync(["mkfifo", pipe]);
  const reader = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
  const writer = openSync(pipe, constants.O_WRONLY);
  const child = Bun.spawn([...words], { env: ENVIRONMENT, stdio: ["ignore", "ignore", writer] });
  closeSync(writer);
  let text = "";
  while (!listeningUrl(text)) {
    text += taken(reader);
    await Bun.sleep(1);
  }
  return {
    child,
    url: listeningUrl(text) ?? "",
    /** The messages of all lines, read to their end. */
    async messages(): Promise<string[]> {
      text += (await command(["cat", pipe])).stdout;
      closeSync(reader);
      const lines = text.trimEnd().split("\n");
      return lines.map((line) => JSON.parse(line).message);
    },
  };
}

/** What the pipe holds at the moment. */
function taken(pipe: number): string {
  const buffer = Buffer.alloc(65_536);
  try {
    return buffer.toString("utf8", 0, readSync(pipe, buffer));
  } catch (error) {
    if ((error as { code?: string }).code === "EAGAIN") return "";
    throw error;
  }
}

function count(messages: readonly string[], message: string): number {
  return messages.filter((one) => one === message).length;
}

test("A log reader that pauses blocks no request and gets every line when it resumes", async () => {
  const { child, url, messages } = await start("stops", [program]);
  for (let request = 0; request < REQUESTS; request += 1) {
    expect((await fetch(`${url}${LIST}`)).status).toBe(200);
  }
  const all = messages();
  child.kill("SIGTERM");
  expect(await child.exited).toBe(0);
  expect(count(await all, "request")).toBe(REQUESTS);
  expect((await all).at(-1)).toBe("stopped");
});

test("A crash exits with 1 after its log line and all earlier lines are written", async () => {
  const service = join(ROOT, "tests/support/crashing-service.ts");
  const { child, url, messages } = await start("crashes", [process.execPath, service]);
  await fetch(url);
  const all = await messages();
  expect(await child.exited).toBe(1);
  expect(count(all, "before the crash")).toBe(1_000);
  expect(all).toContain("crashed");
});

test("A log reader that never resumes does not prevent the process from exiting", async () => {
  const { child, url } = await start("never", [program]);
  for (let request = 0; request < REQUESTS; request += 1) await fetch(`${url}${LIST}`);
  child.kill("SIGTERM");
  expect(await child.exited).toBe(0);
});

// Mounting a disk would affect the whole machine, so the test runs in its own mount namespace.
const script = join(ROOT, "tests/support/full-disk.sh");
const inNamespace = ["unshare", "--map-root-user", "--mount", "bash"];
const [unshare = ""] = inNamespace;
const possible =
  Bun.which(unshare) !== null && Bun.spawnSync([...inNamespace, "-c", "true"]).exitCode === 0;
if (!possible) console.warn("a full disk: skipped, no mount namespace can be made here");

test.skipIf(!possible)(
  "A service that logs to a full disk starts and responds, and logs again when there is space",
  async () => {
    const words = [...inNamespace, script, program, folder.path, LIST];
    const { exitCode, stdout, stderr } = await command(words, {
      environment: { ...ENVIRONMENT, PATH: process.env["PATH"] ?? "" },
    });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    const lines = stdout.split("\n").filter((line) => line.startsWith("{"));
    const messages = lines.flatMap((line) => {
      try {
        return [JSON.parse(line).message];
      } catch {
        // The line that was cut when the disk became full.
        return [];
      }
    });
    expect(messages).toContain("listening");
    expect(messages).toContain("request");
    expect(messages.at(-1)).toBe("stopped");
  },
);
