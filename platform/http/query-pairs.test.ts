import { expect, test } from "bun:test";

import * as fc from "fast-check";

import { drawSeed } from "../../tests/support/seed.ts";
import { eachPair } from "./query-pairs.ts";

function pairsIn(query: string): [name: string, value: string][] {
  const pairs: [string, string][] = [];
  eachPair(query, (value, name) => pairs.push([name, value]));
  return pairs;
}

const special = fc.constantFrom("&", "=", "a", "1", "-", ".", "_", "~", "*", "+", "%", "%41", "?");
const anyQuery = fc.array(fc.oneof(special, fc.string({ unit: "grapheme", maxLength: 3 })));

test("Any query has the names and values that URLSearchParams reads", () => {
  fc.assert(
    fc.property(anyQuery, (parts) => {
      const query = parts.join("");
      // Without this, a leading question mark would belong to the query string and not to a name.
      const expected = new URLSearchParams(`?${query}`);
      expect(pairsIn(query)).toEqual([...expected]);
    }),
    { seed: drawSeed(), numRuns: 5_000 },
  );
});
