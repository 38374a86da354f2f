/** Reads the values of variables from files, where process listings do not show them. */

/**
 * Returns the text of the file without its final line break, which editors and `echo` add.
 *
 * @param name the variable that names the file
 * @throws Error with the reason, but nothing of the content
 */
export function readValueFile(path: string, name: string): string {
  // Loaded here because hardly any start needs it.
  const { readFileSync } = require("node:fs") as typeof import("node:fs");
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(path));
  } catch (error) {
    const why = error instanceof TypeError ? "it is not UTF-8" : (error as { code?: string }).code;
    throw new Error(`the file in ${name} cannot be read: ${why}`, { cause: error });
  }
  const value = text.replace(/\r?\n$/, "");
  if (value === "") throw new Error(`the file in ${name} is empty`);
  return value;
}
