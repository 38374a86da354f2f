/**
 * Templates: files of a service named `samples`, which calls `callees`, as a person would write them.
 *
 * Lines between `@each service`, `@each callee`, `@each reference`, `@if callees`, `@unless callees`
 * and their `@end` are repeated, kept or left out. Each stands in a comment of the file.
 */

/** The forms of a name: `things` -> `things`, `Things`, `THINGS`, `thing`, `Thing`. */
export interface Words {
  plural: string;
  one: string;
}

export interface CalleeWords extends Words {
  port: number;
  /** The field of its resources that names their owner. */
  owner: string;
}

/** What a template is filled in with. */
export interface Scope extends Words {
  callees: readonly CalleeWords[];
  /** Texts for `$port` and the like, without the `$`. */
  texts: Readonly<Record<string, string | number>>;
}

const MARK = /^\s*(?:#|\/\/|--|<!--)\s*@(each|if|unless|end)\b ?(\w*)/;

/** @throws Error for a mark that is unknown, or without its end */
export function render(template: string, scope: Scope, services: readonly Scope[] = []): string {
  const lines = template.split("\n");
  const rendered = block(lines, { scope, services });
  if (lines.length > 0) throw new Error(`The template has an @end too many: ${lines[0]}`);
  return rendered.join("\n");
}

interface Given {
  scope: Scope;
  services: readonly Scope[];
  callee?: CalleeWords;
}

/** Takes the lines up to `@end` or to the last one, and returns what they become. */
function block(lines: string[], given: Given): string[] {
  const rendered: string[] = [];
  for (let line = lines.shift(); line !== undefined; line = lines.shift()) {
    const [, mark, what = ""] = MARK.exec(line) ?? [];
    if (mark === "end") return rendered;
    if (!mark) {
      rendered.push(filled(line, given));
      continue;
    }
    const repeated = repetitions(`${mark} ${what}`, given);
    for (const each of repeated) rendered.push(...block([...lines], each));
    skip(lines);
  }
  return rendered;
}

/** Takes the lines of a block and its `@end`. */
function skip(lines: string[]): void {
  for (let depth = 1; depth > 0;) {
    const line = lines.shift();
    if (line === undefined) throw new Error("The template lacks an @end");
    const [, mark] = MARK.exec(line) ?? [];
    if (mark) depth += mark === "end" ? -1 : 1;
  }
}

function repetitions(mark: string, given: Given): Given[] {
  const { scope, services } = given;
  switch (mark) {
    case "each service":
      return services.map((one) => Object.assign({}, given, { scope: one }));
    case "each callee":
      return scope.callees.map((callee) => Object.assign({}, given, { callee }));
    // The owner's own id is a field of every resource: it is no further reference.
    case "each reference":
      return scope.callees
        .filter(({ one }) => one !== "user")
        .map((callee) => Object.assign({}, given, { callee }));
    case "if callees":
      return scope.callees.length > 0 ? [given] : [];
    case "unless callees":
      return scope.callees.length > 0 ? [] : [given];
    default:
      throw new Error(`A template has the unknown mark @${mark}`);
  }
}

/** Fills in a line. */
function filled(line: string, { scope, callee }: Given): string {
  const texts: Given["scope"]["texts"] = {
    ...scope.texts,
    ...(callee && { calleePort: callee.port, calleeOwner: callee.owner }),
  };
  const text = line.replaceAll(/\$([A-Za-z]+)\b/g, (found, name: string) =>
    String(texts[name] ?? found),
  );
  const named = replaced(text, "sample", scope);
  return callee ? replaced(named, "callee", callee) : named;
}

/** Replaces a stem in all its forms: `samples`, `SAMPLES`, `Sample`, `a sample` and so on. */
export function replaced(text: string, stem: string, { plural, one }: Words): string {
  const article = /^(?:[aeio]|u(?!s|ni))/.test(one) ? "$1n" : "$1";
  const articled = text.replaceAll(new RegExp(`\\b(a) (?=${stem}\\b)`, "gi"), `${article} `);
  const forms: [string, string][] = [
    [`${stem}s`, plural],
    [stem, one],
  ];
  const cased = forms.flatMap(([from, to]): [string, string][] => [
    [from, to],
    [capital(from), capital(to)],
    [from.toUpperCase(), to.toUpperCase()],
  ]);
  // The longer form first, also inside a name such as `noSample` or `sampleRoutes`.
  return cased
    .toSorted(([a], [b]) => b.length - a.length)
    .reduce((changed, [from, to]) => changed.replaceAll(from, to), articled);
}

export function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

/** `things` -> `thing`, `categories` -> `category`, `boxes` -> `box` */
export function singularOf(plural: string): string {
  if (/[^aeiou]ies$/.test(plural)) return plural.replace(/ies$/, "y");
  if (/(?:ss|sh|ch|x|z)es$/.test(plural)) return plural.replace(/es$/, "");
  return plural.replace(/s$/, "");
}
