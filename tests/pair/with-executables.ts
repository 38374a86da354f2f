/** `bun run executables`: repeats the tests of `orders` and of its call with executables. */
import { setDefaultTimeout, test } from "bun:test";

import { expectToPass } from "../support/with-executables.ts";

setDefaultTimeout(240_000);

test.each([
  [
    "the HTTP interface of orders",
    ["./tests/pair/orders-routes.test.ts", "./tests/pair/orders-failures.test.ts"],
    80,
  ],
  ["the call", ["./tests/pair/users-client.test.ts", "./tests/pair/verify/call.ts"], 12],
] as const)("The tests of %s pass with executables", (_name, files, passesMin) =>
  expectToPass(files, passesMin),
);
