/** Text for a terminal. */

/** The width that every terminal has. */
const COLUMNS = 80;

/** Breaks a text between words into lines of at most 80 columns, each after this many spaces. */
export function wrapped(text: string, spaces: number): string {
  const indent = " ".repeat(spaces);
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line && indent.length + line.length + 1 + word.length > COLUMNS) {
      lines.push(line);
      line = "";
    }
    line += line ? ` ${word}` : word;
  }
  return [...lines, line].map((one) => indent + one).join("\n");
}
