/** Variables of the environment that nothing reads, and that were probably meant to be read. */
import type { TObject, TSchema } from "@sinclair/typebox";

import { nearest } from "./nearest.ts";
import type { VariableOptions } from "./variable.ts";

/** Names that are near to ours and belong to others. */
const OTHERS = /^OTEL_BLRP_/;

export interface MisspeltOptions {
  /** Further names that are read. Default: none */
  alsoRead?: readonly string[];
}

/**
 * Returns a sentence for each such variable, by its name. None shows a value.
 *
 * @param schemas the variables that are read
 */
export function misspelt(
  schemas: readonly TObject[],
  environment: Record<string, string | undefined>,
  { alsoRead = [] }: MisspeltOptions = {},
): Map<string, string> {
  const read = new Set(alsoRead);
  const plain = new Set<string>();
  for (const { properties } of schemas) {
    const variables: [string, TSchema & Pick<VariableOptions<unknown>, "mayBeFile">][] =
      Object.entries(properties);
    for (const [name, { mayBeFile }] of variables) {
      read.add(name);
      if (mayBeFile) read.add(fileOf(name));
      else plain.add(fileOf(name));
    }
  }
  const found = new Map<string, string>();
  for (const [name, value] of Object.entries(environment)) {
    if (!value || read.has(name) || OTHERS.test(name)) continue;
    if (plain.has(name)) {
      found.set(name, `${name} is ignored: ${name.replace(/_FILE$/, "")} cannot be in a file`);
      continue;
    }
    const upper = name.toUpperCase();
    const inMs = `${upper}_MS`;
    const meant = read.has(inMs) ? inMs : nearest(upper, read);
    if (meant) found.set(name, `${name} is ignored: did you mean ${meant}?`);
  }
  return found;
}

const fileOf = (name: string) => `${name}_FILE`;
