/** What has to go when this process ends, even if that is in the middle of something. */
const leftovers = new Set<() => void>();

/** Calls `remove` when this process ends, unless the function that is returned is called before. */
export function atEnd(remove: () => void): () => void {
  if (leftovers.size === 0) process.once("exit", removeAll);
  leftovers.add(remove);
  return () => {
    leftovers.delete(remove);
    if (leftovers.size === 0) process.off("exit", removeAll);
  };
}

/** The latest first: a process before the folder that it writes to. */
function removeAll(): void {
  for (const remove of [...leftovers].toReversed()) remove();
}

/** For a script: a signal then ends it as `process.exit` does, where by itself it would leave everything. */
export function endOnSignals(): void {
  for (const [signal, number] of [
    ["SIGHUP", 1],
    ["SIGINT", 2],
    ["SIGTERM", 15],
  ] as const) {
    process.on(signal, () => process.exit(128 + number));
  }
}
