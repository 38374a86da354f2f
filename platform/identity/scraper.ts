/** The token of a scraper: it opens the metrics and nothing else. */
import { pathOf } from "../http/context.ts";
import { METRICS } from "../http/operational.ts";
import type { Log } from "../process/log.ts";
import { bearerToken } from "./bearer.ts";
import { tokenFile } from "./own-token.ts";

/** As many as a secret that signs tokens has: nobody can guess it. */
const TOKEN_BYTES_MIN = 32;

/** Whether a request is for the metrics, and has the token of the scraper. */
export type IsScraper = (request: Request) => boolean;

/**
 * Reads the token from a file, and again when the file changes. While it holds no token, nobody is
 * the scraper, and the log says so once.
 *
 * @throws Error if the file holds no token now; the error does not show the content
 */
export function scraperOf(path: string, log: Pick<Log, "warn">): IsScraper {
  const token = tokenFile(path, TOKEN_BYTES_MIN);
  token();
  let isReadable = true;

  function current(): string | undefined {
    try {
      const text = token();
      isReadable = true;
      return text;
    } catch (error) {
      if (isReadable) log.warn("METRICS_TOKEN_FILE cannot be read", { error });
      isReadable = false;
      return undefined;
    }
  }

  return ({ url, headers }) => {
    if (pathOf(url) !== METRICS) return false;
    const given = bearerToken(headers);
    if (typeof given !== "string") return false;
    const expected = current();
    return expected !== undefined && isEqual(given, expected);
  };
}

/** Takes the same time whatever they have in common. */
function isEqual(given: string, expected: string): boolean {
  const { timingSafeEqual } = require("node:crypto") as typeof import("node:crypto");
  return timingSafeEqual(hashOf(given), hashOf(expected));
}

function hashOf(text: string): Uint8Array {
  return new Bun.CryptoHasher("sha256").update(text).digest();
}
