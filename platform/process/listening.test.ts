import { describe, expect, test } from "bun:test";

import { listeningUrl, logListening } from "./listening.ts";
import { createLog, type Log } from "./log.ts";

const URL_OF_IT = "http://[::1]:8080";

function logged({ format, colours }: Format, log: (log: Log) => void): string {
  let text = "";
  const write = (line: string) => void (text += line);
  log(createLog({ service: "test", level: "debug", format, colours, write }));
  return text;
}

type Format = { format: "json" | "pretty"; colours: boolean };
const FORMATS: [string, Format][] = [
  ["JSON", { format: "json", colours: false }],
  ["pretty", { format: "pretty", colours: false }],
  ["colored", { format: "pretty", colours: true }],
];

describe.each(FORMATS)("The URL in a %s log", (_name, format) => {
  test("is found among other lines", () => {
    const text = logged(format, (log) => {
      log.debug("configuration", { HOST: "::1" });
      logListening(log, { url: URL_OF_IT, docs: `${URL_OF_IT}/swagger` });
      log.info("draining", { in_flight: 0 });
    });
    expect(listeningUrl(text)).toBe(URL_OF_IT);
  });

  test("is not found before it is complete", () => {
    const text = logged(format, (log) => {
      log.debug("configuration", { url: "http://elsewhere" });
      logListening(log, { url: URL_OF_IT, docs: `${URL_OF_IT}/swagger` });
    });
    const end = text.indexOf(URL_OF_IT) + URL_OF_IT.length;
    for (const length of [0, text.indexOf("\n") + 1, end - 1, end]) {
      expect(listeningUrl(text.slice(0, length))).toBeUndefined();
    }
    expect(listeningUrl(text.slice(0, end + 1))).toBe(URL_OF_IT);
  });

  test("cannot be forged by a field of another line", () => {
    const forged = [
      '"message":"listening","url":"http://forged"',
      " listening url=http://forged ",
      "\n00:00:00.000 info  test   listening url=http://forged \n",
    ];
    const text = logged(format, (log) => {
      for (const path of forged) log.info("request", { path });
    });
    expect(listeningUrl(text)).toBeUndefined();
  });
});
