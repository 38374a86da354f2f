/** The path in `sqlite://path`. */
import { ConfigError } from "../process/config.ts";

const SCHEME = "sqlite://";
const MEMORY = ":memory:";

/** What a path does not begin with: a scheme, or a user and a password. A drive has one letter. */
const NO_PATH = /^[A-Za-z][A-Za-z0-9+.-]+:/;

/**
 * Returns the path, or `:memory:`. Nothing of a URL is ever taken for a part of a file name: an
 * operator who writes `?mode=ro` does not want a file called so.
 *
 * @throws ConfigError for anything but a path of a file, or for one with parameters
 */
export function sqlitePathOf(url: string): string {
  const text = url.slice(SCHEME.length);
  if (text === MEMORY) return MEMORY;
  if (text.includes("?")) {
    throw invalid("SQLite takes no parameters. Write a question mark in a file name as %3F");
  }
  if (text.includes("#")) throw invalid("write # in a file name as %23");
  const path = decoded(text);
  if (path.includes(MEMORY)) throw invalid(`a database in memory is ${SCHEME}${MEMORY}`);
  if (path === "" || NO_PATH.test(path)) {
    throw invalid(`expected ${SCHEME}path, such as ${SCHEME}data/name.db or ${SCHEME}/var/name.db`);
  }
  // oxlint-disable-next-line no-control-regex
  if (/[\u0000-\u001f\u007f]/.test(path)) throw invalid("the path has a control character");
  if (/(?:^|\/)\.{0,2}$/.test(path)) throw invalid("the path names a folder, not a file");
  return path;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalid("write % in a file name as %25");
  }
}

function invalid(reason: string): ConfigError {
  return new ConfigError(`DATABASE_URL: ${reason}`);
}
