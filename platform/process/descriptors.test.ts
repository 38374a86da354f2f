import { expect, test } from "bun:test";
import { closeSync, openSync } from "node:fs";

import { samplesOf } from "../../tests/support/exposition.ts";
import { readOpenFiles } from "./connections.ts";
import { measureDescriptors } from "./descriptors.ts";
import { createMetrics } from "./metrics.ts";

// Only Linux tells.
test.skipIf(process.platform !== "linux")(
  "The open descriptors, their limit and that of connections are measured",
  async () => {
    const metrics = createMetrics();
    const openFiles = await readOpenFiles();
    measureDescriptors(metrics, { connections: 715, from: "memory", openFiles });
    const read = (name: string) => samplesOf(metrics.text()).get(name);
    const before = read("process_open_fds") ?? 0;
    const opened = Array.from({ length: 100 }, () => openSync("/dev/null", "r"));
    expect(read("process_open_fds")).toBe(before + 100);
    for (const one of opened) closeSync(one);
    expect(read("process_open_fds")).toBe(before);
    expect(read("process_max_fds")).toBe(openFiles?.soft);
    expect(read("http_connections_max")).toBe(715);
  },
);
