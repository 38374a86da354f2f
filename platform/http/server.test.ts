import { expect, test } from "bun:test";

import { idleTimeoutOf, localUrl } from "./server.ts";

test.each([
  ["127.0.0.1", "http://127.0.0.1:80"],
  ["0.0.0.0", "http://127.0.0.1:80"],
  ["::", "http://[::1]:80"],
  ["::1", "http://[::1]:80"],
  ["10.0.0.1", "http://10.0.0.1:80"],
  ["example.com", "http://example.com:80"],
])("A server that listens on %s is reached at %s", (host, url) => {
  expect(localUrl({ host, port: 80 })).toBe(url);
});

test.each(["127.0.0.1", "0.0.0.0"])("A server that listens on %s is shown as localhost", (host) => {
  expect(localUrl({ host, port: 80, loopback: "localhost" })).toBe("http://localhost:80");
});

test.each([
  [75, 0, 75],
  [255, 0, 255],
  [60, 240_000, 255],
  [75, 2_000, 75],
  [1, 2_000, 17],
  [0, 2_000, 0],
])(
  "A connection idle for %d s, where requests wait for %d ms, is closed after %d s",
  (idleTimeoutSeconds, waitMaxMs, seconds) => {
    expect(idleTimeoutOf({ idleTimeoutSeconds, waitMaxMs })).toBe(seconds);
  },
);
