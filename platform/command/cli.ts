/** The command line of an executable. */
import { describeConfig, ignoredIn, readConfig } from "../process/config.ts";
import { nearest } from "../process/nearest.ts";
import { OperatorError, UsageError } from "../process/operator-error.ts";
import { standardOutput } from "../process/output.ts";
import { VERSION } from "../process/version.ts";
import { wrapped } from "../process/wrapped.ts";
import { type Command, commandsOf, type Option } from "./commands.ts";
import type { Service, ServiceSchema, Surroundings } from "./service.ts";

/** Runs one command and exits. Prints one line for an error that the operator can fix. */
export async function run<Schema extends ServiceSchema>(
  service: Service<Schema>,
  surroundings: Surroundings,
): Promise<void> {
  const { name, config: schema } = service;
  const output = standardOutput;
  try {
    const commands = commandsOf(service);
    const { word, options, of } = await parse(name, commands, surroundings.argv.slice(2));
    const command = commands[word];
    if (command) {
      const config = readConfig(schema, surroundings.env);
      // Whoever serves writes it to the log.
      const ignored = word === "serve" ? [] : ignoredIn(schema, surroundings.env);
      for (const line of ignored) output.say(`${name}: ${line}`);
      await command.run({ config, options, output, surroundings });
    } else {
      await output.print(word === "help" ? help(service, commands, of) : `${name} ${VERSION}\n`);
    }
    surroundings.exit(0);
  } catch (error) {
    const expected = error instanceof OperatorError;
    output.say(`${name}: ${expected ? error.message : Bun.inspect(error)}`);
    surroundings.exit(expected ? error.exitCode : 1);
  }
}

type Commands = Readonly<Record<string, Pick<Command, "summary" | "options">>>;

interface Parsed {
  /** The name of a command, `help` or `version`. */
  word: string;
  options: Record<string, string>;
  /** The command that `help` is asked about. Default: all */
  of?: string;
}

/** Commands that need nothing, which are options too. */
const ASIDE: Record<string, Option> = {
  help: { short: "h", summary: "show this help, or that of one command" },
  version: { short: "v", summary: "show the version" },
};

/** @throws UsageError with a hint for an unknown command or option */
async function parse(name: string, commands: Commands, args: readonly string[]): Promise<Parsed> {
  if (args.length === 0) return { word: "serve", options: {} };
  const known = Object.assign({ ...ASIDE }, ...Object.values(commands).map((one) => one.options));
  const { words, options, unknownOption } = await wordsIn(args, known);
  const aside = Object.keys(ASIDE).find((word) => word in options || word === words[0]);
  if (aside !== undefined) {
    const of = words.find((word) => Object.hasOwn(commands, word));
    return { word: aside, options, ...(of !== undefined && { of }) };
  }

  const [word = "serve", extra] = words;
  if (!Object.hasOwn(commands, word)) {
    const meant = nearest(word, Object.keys(commands));
    const hint = `Expected ${Object.keys(commands).toSorted().join(", ")}; see ${name} --help`;
    throw new UsageError(`unknown command "${word}". ${meant ? `Did you mean ${meant}?` : hint}`);
  }
  if (unknownOption !== undefined) {
    const own = Object.keys(commands[word]?.options ?? {});
    const meant = nearest(unknownOption.replace(/^-+/, ""), own.concat(Object.keys(known)));
    const taken = own.map((option) => `--${option}`).join(", ") || "no options";
    const hint = `${name} ${word} takes ${taken}; see ${name} --help`;
    throw new UsageError(
      `unknown option "${unknownOption}". ${meant ? `Did you mean --${meant}?` : hint}`,
    );
  }
  if (extra !== undefined) throw new UsageError(`unexpected argument "${extra}"`);
  for (const option of Object.keys(options)) {
    const owns = ([, { options = {} }]: [string, Commands[string]]) =>
      Object.hasOwn(options, option);
    const [owner] = Object.entries(commands).find(owns) ?? [];
    if (word !== owner) throw new UsageError(`--${option} is an option of ${name} ${owner}`);
  }
  for (const [option, { value }] of Object.entries(commands[word]?.options ?? {})) {
    if (value !== "file" || option in options) continue;
    throw new UsageError(`${word} needs --${option} FILE`);
  }
  return { word, options };
}

/** Separates the words from the options, and checks the values. */
async function wordsIn(args: readonly string[], known: Record<string, Option>) {
  // Loaded here because it takes 3 ms, and a start without arguments does not need it.
  const { parseArgs } = await import("node:util");
  const { tokens } = parseArgs({
    args: [...args],
    strict: false,
    tokens: true,
    options: Object.fromEntries(
      Object.entries(known).map(([option, { value, short }]) => [
        option,
        { type: value ? "string" : "boolean", ...(short && { short }) },
      ]),
    ),
  });
  const words: string[] = [];
  const options: Record<string, string> = {};
  let unknownOption: string | undefined;
  for (const token of tokens) {
    if (token.kind === "positional") words.push(token.value);
    if (token.kind !== "option") continue;
    const { name: option, rawName, value } = token;
    const { value: expected } = known[option] ?? {};
    if (!Object.hasOwn(known, option)) {
      unknownOption ??= rawName;
      continue;
    }
    if (!expected && value !== undefined) throw new UsageError(`${rawName} takes no value`);
    if (expected === "number" && !/^\d{1,10}$/.test(value ?? "")) {
      throw new UsageError(`${rawName}: expected a whole number, such as 1000`);
    }
    if (expected === "file" && !value) throw new UsageError(`${rawName}: expected a file`);
    options[option] = value ?? "";
  }
  return { words, options, unknownOption };
}

function help(
  { name, summary, config }: Pick<Service<ServiceSchema>, "name" | "summary" | "config">,
  commands: Commands,
  of?: string,
): string {
  const own = of === undefined ? undefined : commands[of];
  if (own) {
    const lines = linesOf(own.options, 2);
    return `${name} ${of}: ${own.summary}

Usage: ${name} ${of}${lines.length > 0 ? " [options]" : ""}
${lines.length > 0 ? `\n${lines.join("\n")}\n` : ""}
${name} --help lists all commands and environment variables
`;
  }
  const all = Object.entries(commands).flatMap(([command, { summary, options }]) =>
    [`  ${command}`, wrapped(summary, 6)].concat(linesOf(options, 6)),
  );
  return `${name} ${VERSION}: ${summary}

Usage: ${name} [command]

${all.join("\n")}

  help, --help, -h        ${ASIDE["help"]?.summary}
  version, --version, -v  ${ASIDE["version"]?.summary}

Environment variables [default]:

${describeConfig(config)}

Exit codes: 0 success, 1 failure, 2 wrong usage or configuration
`;
}

/** Each option as it is written, and what it does. */
function linesOf(options: Record<string, Option> | undefined, indent: number): string[] {
  const values = { number: " N", text: " TEXT", file: " FILE" };
  return Object.entries(options ?? {}).map(([option, { summary, value }]) => {
    const head = `--${option}${value ? values[value] : ""}`;
    return `${" ".repeat(indent)}${head}\n${wrapped(summary, indent + 4)}`;
  });
}
