/** Cleans up when the process exits, also when a signal interrupts it. */
const leftovers = new Set<() => void>();

/** Calls `remove` when the process exits, unless the returned function is called first. */
export function atEnd(remove: () => void): () => void {
  if (leftovers.size === 0) process.once("exit", removeAll);
  leftovers.add(remove);
  return () => {
    leftovers.delete(remove);
    if (leftovers.size === 0) process.off("exit", removeAll);
  };
}

/** In reverse order: a process goes before the folder that it writes to. */
function removeAll(): void {
  for (const remove of [...leftovers].toReversed()) remove();
}

/** For a script: a signal exits by `process.exit`, so that it cleans up. */
export function endOnSignals(): void {
  for (const [signal, number] of [
    ["SIGHUP", 1],
    ["SIGINT", 2],
    ["SIGTERM", 15],
  ] as const) {
    process.on(signal, () => process.exit(128 + number));
  }
}
