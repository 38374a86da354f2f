/** What servers need that refuse to run as root: a folder and a user of their own, a port, an end. */
import { chownSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** This is `nobody`, which every system has. */
const UNPRIVILEGED_ID = 65_534;

/** Options of `Bun.spawn` for a process of the unprivileged user in the folder. */
export interface Spawning {
  uid?: number;
  gid?: number;
  cwd: string;
  env: Record<string, string>;
}

export interface ServerFolder {
  path: string;
  spawning: Spawning;
  /** Writes a file that only the user of the server can read, and returns its path. */
  write(name: string, content: string | Uint8Array): string;
}

/** Creates a temporary folder. {@link endWithThisProcess} removes it. */
export function createServerFolder(name: string): ServerFolder {
  const identity = process.getuid?.() === 0 ? { uid: UNPRIVILEGED_ID, gid: UNPRIVILEGED_ID } : {};
  const path = mkdtempSync(join(tmpdir(), `tests-${name}-`));
  const own = (one: string) => {
    if (identity.uid) chownSync(one, identity.uid, identity.gid);
    return one;
  };
  own(path);
  return {
    path,
    spawning: { ...identity, cwd: path, env: { LC_ALL: "C" } },
    write(file, content) {
      const to = join(path, file);
      writeFileSync(to, content, { mode: 0o600 });
      return own(to);
    },
  };
}

/** A shell waits for the end of a pipe from this process, which closes even on SIGKILL. */
export function endWithThisProcess({ path }: ServerFolder, pidFile: string): void {
  const script = `
    trap '' INT TERM HUP
    cat
    pid=$(head -n 1 '${pidFile}')
    kill -QUIT "$pid" && kill -CONT "$pid"
    while kill -0 "$pid"; do sleep 0.05; done
    rm -rf '${path}'`;
  const shell = Bun.spawn(["sh", "-c", script], { stdio: ["pipe", "ignore", "ignore"] });
  shell.unref();
}

/** Returns a free port. The system is unlikely to assign it again within a second. */
export function freePort(): number {
  const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  listener.stop();
  return listener.port;
}

/** Reads until the words appear or the stream ends, and discards the rest. */
export async function readUntil(stream: ReadableStream<Uint8Array>, words: string) {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let text = "";
  while (!text.includes(words)) {
    const { done, value } = await reader.read();
    if (done) return { ready: false, text };
    text += decoder.decode(value, { stream: true });
  }
  void (async () => {
    while (!(await reader.read()).done);
  })();
  return { ready: true, text };
}
