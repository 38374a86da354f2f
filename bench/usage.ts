/** Processor time and memory of processes. Linux only. */
import { dlopen } from "bun:ffi";
import { readFileSync } from "node:fs";

/**
 * The clock of a process (clock_getcpuclockid(3)) counts nanoseconds, including threads that have
 * ended. /proc/PID/stat counts ticks of 10 ms, which is half of a start.
 */
const { symbols: libc } = dlopen("libc.so.6", {
  clock_getcpuclockid: { args: ["i32", "ptr"], returns: "i32" },
  clock_gettime: { args: ["i32", "ptr"], returns: "i32" },
});

/**
 * The processor time that processes have used so far, user and system, in microseconds.
 *
 * @throws Error if one of them does not exist
 */
export function cpuMicros(pids: readonly number[]): number {
  return pids.map(cpuMicrosOf).reduce((sum, one) => sum + one, 0);
}

function cpuMicrosOf(pid: number): number {
  const clock = new Int32Array(1);
  const time = new BigInt64Array(2);
  if (libc.clock_getcpuclockid(pid, clock) !== 0) throw new Error(`No process ${pid}`);
  if (libc.clock_gettime(clock[0] ?? 0, time) !== 0) throw new Error(`No clock of process ${pid}`);
  const [seconds = 0n, nanoseconds = 0n] = time;
  return Number(seconds) * 1e6 + Number(nanoseconds) / 1e3;
}

/** The resident memory of a process, in bytes. */
export function residentBytes(pid: number): number {
  const kibibytes = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kibibytes) * 1024;
}
