import { describe, expect, test } from "bun:test";

import * as fc from "fast-check";

import { invalidHost, misdirectedRequest } from "../failures.ts";
import { createHostCheck } from "./allowed-hosts.ts";

const BY_DEFAULT = { ALLOWED_HOSTS: "", AUTH: "off", HOST: "127.0.0.1" };

describe("The host check without ALLOWED_HOSTS", () => {
  test.each(["127.0.0.1", "127.1.2.3", "localhost", "::1"])(
    "accepts only local names if the service listens on %s without tokens",
    (HOST) => {
      const check = createHostCheck({ ...BY_DEFAULT, HOST });
      for (const host of [
        "localhost",
        "shop.localhost:1",
        "127.0.0.1",
        "127.9.9.9:80",
        "[::1]:1",
      ]) {
        expect([host, check(host)]).toEqual([host, undefined]);
      }
      const others = ["example.com", "localhost.example.com", "127.0.0.1.example.com", "10.0.0.1"];
      for (const host of [...others, "notlocalhost", "[::2]", "0.0.0.0", "127.example.com"]) {
        expect([host, check(host)]).toEqual([host, misdirectedRequest]);
      }
    },
  );

  test.each([
    { HOST: "0.0.0.0", AUTH: "off" },
    { HOST: "::", AUTH: "off" },
    { HOST: "10.0.0.1", AUTH: "off" },
    { HOST: "127.0.0.1", AUTH: "on" },
  ])("accepts every valid host with %j", (options) => {
    const check = createHostCheck({ ...BY_DEFAULT, ...options });
    expect(check("example.com")).toBeUndefined();
    expect(check("not one")).toBe(invalidHost);
  });
});

test("The host check accepts only the names in ALLOWED_HOSTS, on any port and in any case", () => {
  const ALLOWED_HOSTS = "Makers.example.com,makers,10.0.0.1,[2001:db8::1]";
  const check = createHostCheck({ ...BY_DEFAULT, ALLOWED_HOSTS });
  for (const host of ["makers.EXAMPLE.com.", "makers:8080", "10.0.0.1:1", "[2001:DB8:0::1]:80"]) {
    expect([host, check(host)]).toEqual([host, undefined]);
  }
  for (const host of ["localhost", "127.0.0.1", "example.com", "a.makers", "makers.example.org"]) {
    expect([host, check(host)]).toEqual([host, misdirectedRequest]);
  }
});

test("The host check accepts every name below one that ALLOWED_HOSTS writes with an asterisk", () => {
  const ALLOWED_HOSTS = "*.Example.com,shop.example.org,*.internal.";
  const check = createHostCheck({ ...BY_DEFAULT, ALLOWED_HOSTS });
  for (const host of ["a.example.com:80", "A.b.EXAMPLE.com.", "shop.example.org", "x.internal"]) {
    expect([host, check(host)]).toEqual([host, undefined]);
  }
  const others = ["example.com", "aexample.com", "a.example.com.evil.org", "internal", "10.0.0.1"];
  for (const host of [...others, "a.shop.example.org", "[::1]"]) {
    expect([host, check(host)]).toEqual([host, misdirectedRequest]);
  }
});

test("Every host that the check accepts makes a valid URL with an unchanged path", () => {
  const check = createHostCheck({ ...BY_DEFAULT, HOST: "0.0.0.0" });
  const host = fc.oneof(
    fc.string(),
    fc.tuple(fc.domain(), fc.nat(70_000)).map(([name, port]) => `${name}:${port}`),
    fc.stringMatching(/^[0-9a-fx.:[\]]{0,16}$/),
  );
  fc.assert(
    fc.property(host, (one) => {
      if (check(one)) return;
      expect(new URL(`http://${one}/path?query`).pathname).toBe("/path");
    }),
    { numRuns: 2_000 },
  );
});
