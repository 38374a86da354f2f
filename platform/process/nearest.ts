/** Which known word a mistyped one means. */

/** More mistakes than this make another word. A short word allows one. */
const MISTAKES_MAX = 2;
const SHORT_LENGTH_MAX = 5;

/** Returns the known word that was probably meant; undefined if none is near. */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  let found: { one: string; mistakes: number } | undefined;
  for (const one of known) {
    const allowed = one.length <= SHORT_LENGTH_MAX ? 1 : MISTAKES_MAX;
    if (Math.abs(one.length - word.length) > allowed) continue;
    const mistakes = distance(word, one);
    if (mistakes <= allowed && mistakes < (found?.mistakes ?? Infinity)) found = { one, mistakes };
  }
  return found?.one;
}

/**
 * How many characters to insert, delete or replace, or pairs of neighbours to swap: the optimal
 * string alignment distance.
 */
function distance(from: string, to: string): number {
  let before: number[] = [];
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let line = 1; line <= from.length; line += 1) {
    const next = [line];
    for (let column = 1; column <= to.length; column += 1) {
      const isSame = from[line - 1] === to[column - 1];
      const replaced = at(row, column - 1) + (isSame ? 0 : 1);
      let least = Math.min(replaced, at(row, column) + 1, at(next, column - 1) + 1);
      if (from[line - 1] === to[column - 2] && from[line - 2] === to[column - 1]) {
        least = Math.min(least, at(before, column - 2) + 1);
      }
      next.push(least);
    }
    if (Math.min(...next) > MISTAKES_MAX) return Infinity;
    before = row;
    row = next;
  }
  return at(row, to.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Infinity;
}
