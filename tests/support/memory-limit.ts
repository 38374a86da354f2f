/** Memory limits of processes, as containers have them. */
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { atEnd } from "./at-end.ts";

export interface MemoryLimit {
  /** A shell command that puts its shell under the limit. */
  enter: string;
  /** Call it after the processes have ended. */
  [Symbol.dispose](): void;
}

/** Where control groups with a limit can be made: version 2, or the controller of version 1. */
const ROOTS = [
  { root: "/sys/fs/cgroup", line: /^0::(.*)$/m, file: "memory.max" },
  {
    root: "/sys/fs/cgroup/memory",
    line: /^\d+:(?:.*,)?memory(?:,.*)?:(.*)$/m,
    file: "memory.limit_in_bytes",
  },
];

let count = 0;

/** Makes a control group with this limit; undefined where that is not possible. */
export function limitMemory(bytes: number): MemoryLimit | undefined {
  const groups = readText("/proc/self/cgroup");
  for (const { root, line, file } of ROOTS) {
    const own = line.exec(groups)?.[1];
    if (own === undefined) continue;
    count += 1;
    const group = join(root, own, `tests-${process.pid}-${count}`);
    const remove = () => {
      if (existsSync(group)) rmdirSync(group);
    };
    try {
      mkdirSync(group);
      if (!existsSync(join(group, file))) throw new Error("No controller of memory");
      writeFileSync(join(group, file), String(bytes));
    } catch {
      remove();
      continue;
    }
    const forget = atEnd(remove);
    return {
      enter: `echo $$ > ${join(group, "cgroup.procs")}`,
      [Symbol.dispose]() {
        remove();
        forget();
      },
    };
  }
  return undefined;
}

/** Memory without the pages of files, in MiB; 0 on systems without /proc. */
export function memoryMbOf(pid: number): number {
  return Number(/^RssAnon:\s+(\d+)/m.exec(readText(`/proc/${pid}/status`))?.[1] ?? 0) / 1024;
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
