import { expect, test } from "bun:test";

import { MakersConfig, ThingsConfig } from "../testing/family.ts";
import { misspelt } from "./misspelt.ts";

function sentences(environment: Record<string, string>): string[] {
  return [...misspelt([ThingsConfig], environment).values()];
}

test.each([
  ["RATE_LIMT", "RATE_LIMIT"],
  ["RATELIMIT", "RATE_LIMIT"],
  ["rate_limit", "RATE_LIMIT"],
  ["MAX_INFLIGHT", "MAX_IN_FLIGHT"],
  ["DATABSE_URL", "DATABASE_URL"],
  ["DATABASE_URL_FLIE", "DATABASE_URL_FILE"],
  ["AUT", "AUTH"],
  ["MAKERS_TIMEOUT", "MAKERS_TIMEOUT_MS"],
  ["MAKER_URL", "MAKERS_URL"],
])("%s is ignored, and the sentence names %s", (name, meant) => {
  expect(sentences({ [name]: "s3cret" })).toEqual([`${name} is ignored: did you mean ${meant}?`]);
});

test("A variable that cannot be in a file is ignored if it is", () => {
  expect(sentences({ RATE_LIMIT_FILE: "/x", DATABASE_URL_FILE: "/x" })).toEqual([
    "RATE_LIMIT_FILE is ignored: RATE_LIMIT cannot be in a file",
  ]);
});

test("What machines, shells, containers and clusters set is nobody's mistake", () => {
  const theirs = {
    PATH: "/bin",
    HOME: "/root",
    HOSTNAME: "a",
    HOSTTYPE: "x86_64",
    SHELL: "/bin/sh",
    USER: "root",
    LOGNAME: "root",
    LANG: "C",
    TERM: "xterm",
    PWD: "/",
    PORTAGE: "1",
    MAKERS_PORT: "tcp://10.0.0.1:7070",
    MAKERS_SERVICE_HOST: "10.0.0.1",
    MAKERS_SERVICE_PORT: "7070",
    MAKERS_PORT_7070_TCP_ADDR: "10.0.0.1",
    THINGS_PORT: "tcp://10.0.0.2:7071",
    HTTP_PROXY: "x",
    http_proxy: "x",
    NO_PROXY: "x",
    NODE_ENV: "production",
    OTEL_BLRP_SCHEDULE_DELAY: "1000",
    OTEL_LOG_LEVEL: "info",
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "http://x",
  };
  expect(sentences(theirs)).toEqual([]);
});

test("An empty variable, and one that another service reads, is no mistake", () => {
  const both = [MakersConfig, ThingsConfig];
  expect(misspelt(both, { RATE_LIMT: "", MAKERS_URL: "http://x", LOG_LEVEL: "info" }).size).toBe(0);
  expect(misspelt(both, { MAKERS_PROT: "1" }, { alsoRead: ["MAKERS_PORT"] }).size).toBe(1);
});
