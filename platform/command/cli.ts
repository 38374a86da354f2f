/** The command line of an executable. */
import { scopesOf } from "../identity/scopes.ts";
import { describeConfig, readConfig } from "../process/config.ts";
import { OperatorError, UsageError } from "../process/operator-error.ts";
import { type Output, standardOutput } from "../process/output.ts";
import { VERSION } from "../process/version.ts";
import { backup, healthcheck, migrate, openapi, restore, seed, serve } from "./commands.ts";
import type { Service, ServiceSchema, Surroundings } from "./service.ts";
import { token } from "./token.ts";

/** Runs one command and exits. Prints one line for an error that the operator can fix. */
export async function run<Schema extends ServiceSchema>(
  service: Service<Schema>,
  surroundings: Surroundings,
): Promise<void> {
  const output = standardOutput;
  try {
    await runCommand(service, surroundings, output);
    surroundings.exit(0);
  } catch (error) {
    const expected = error instanceof OperatorError;
    output.say(`${service.name}: ${expected ? error.message : Bun.inspect(error)}`);
    surroundings.exit(expected ? error.exitCode : 1);
  }
}

async function runCommand<Schema extends ServiceSchema>(
  service: Service<Schema>,
  surroundings: Surroundings,
  output: Output,
): Promise<void> {
  const { command, options } = await parseCommand(service, surroundings.argv.slice(2));
  const configure = () => readConfig(service.config, surroundings.env);

  switch (command) {
    case "help":
      return output.print(help(service));
    case "version":
      return output.print(`${service.name} ${VERSION}\n`);
    case "openapi":
      return output.print(await openapi(service, configure()));
    case "healthcheck":
      return healthcheck(configure());
    case "migrate":
      return migrate(service, configure(), output);
    case "seed": {
      const numbers = Object.entries(options).map(([name, value]) => [name, Number(value)]);
      return seed(service, configure(), { options: Object.fromEntries(numbers), output });
    }
    case "backup":
      return backup(service, configure(), { file: options["to"] ?? "", output });
    case "restore":
      return restore(service, configure(), { file: options["from"] ?? "", output });
    case "token":
      return token(configure(), options, { scopes: scopesOf(service.family), output });
    case "serve":
      return serve(service, configure(), {
        reusePort: options["reuse-port"] !== undefined,
        surroundings,
      });
  }
}

const COMMANDS = [
  "serve",
  "migrate",
  "seed",
  "backup",
  "restore",
  "token",
  "openapi",
  "healthcheck",
] as const;
type Command = (typeof COMMANDS)[number] | "help" | "version";

type ServiceDescription = Pick<
  Service<ServiceSchema>,
  "name" | "summary" | "config" | "seedOptions"
>;

interface Option {
  /** The command that it belongs to; `help` and `version` are also commands. */
  of: Command;
  /** The kind of its value. Default: it takes none */
  value?: "number" | "text" | "file";
  /** Its one-letter form. Default: none */
  short?: string;
}

function optionsOf({ seedOptions }: ServiceDescription): Record<string, Option> {
  const numbers = Object.keys(seedOptions).map((name): [string, Option] => [
    name,
    { of: "seed", value: "number" },
  ]);
  return {
    help: { of: "help", short: "h" },
    version: { of: "version", short: "v" },
    "reuse-port": { of: "serve" },
    sub: { of: "token", value: "text" },
    scope: { of: "token", value: "text" },
    expires: { of: "token", value: "text" },
    to: { of: "backup", value: "file" },
    from: { of: "restore", value: "file" },
    ...Object.fromEntries(numbers),
  };
}

interface ParsedCommand {
  command: Command;
  /** The values as written; a switch that is set has an empty one. */
  options: Record<string, string>;
}

/** @throws UsageError with a hint for an unknown command or option */
async function parseCommand(
  description: ServiceDescription,
  args: readonly string[],
): Promise<ParsedCommand> {
  if (args.length === 0) return { command: "serve", options: {} };
  const { name } = description;
  const known = optionsOf(description);
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
  for (const token of tokens) {
    if (token.kind === "positional") words.push(token.value);
    if (token.kind !== "option") continue;
    const { name: option, rawName, value } = token;
    const { value: expected } = known[option] ?? {};
    if (!known[option]) {
      throw unknown(
        name,
        "option",
        rawName,
        Object.keys(known).map((one) => `--${one}`),
      );
    }
    if (!expected && value !== undefined) throw new UsageError(`${rawName} takes no value`);
    if (expected === "number" && !/^\d{1,10}$/.test(value ?? "")) {
      throw new UsageError(`${rawName}: expected a number`);
    }
    if (expected === "file" && !value) throw new UsageError(`${rawName}: expected a file`);
    options[option] = value ?? "";
  }
  if ("help" in options) return { command: "help", options };
  if ("version" in options) return { command: "version", options };

  const [word = "serve", extra] = words;
  if (word === "help" || word === "version") return { command: word, options };
  const command = COMMANDS.find((known) => known === word);
  if (!command) throw unknown(name, "command", word, COMMANDS);
  if (extra !== undefined) throw new UsageError(`unexpected argument "${extra}"`);
  for (const option of Object.keys(options)) {
    const owner = known[option]?.of;
    if (command !== owner) throw new UsageError(`--${option} is an option of ${name} ${owner}`);
  }
  for (const [option, { of, value }] of Object.entries(known)) {
    if (of !== command || value !== "file" || option in options) continue;
    throw new UsageError(`${name} ${command} needs --${option} FILE`);
  }
  return { command, options };
}

function unknown(name: string, what: string, word: string, known: readonly string[]): UsageError {
  const [nearest = "", ...others] = known.toSorted((a, b) => distance(word, a) - distance(word, b));
  const hint =
    distance(word, nearest) <= 2
      ? `Did you mean ${nearest}?`
      : `Expected ${[nearest, ...others].toSorted().join(", ")}; see ${name} --help`;
  return new UsageError(`unknown ${what} "${word}". ${hint}`);
}

/** The Levenshtein distance: how many characters to insert, delete or replace. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [index, character] of [...from].entries()) {
    const next = [index + 1];
    for (let column = 1; column <= to.length; column += 1) {
      const replaced = (row[column - 1] ?? 0) + (to[column - 1] === character ? 0 : 1);
      next.push(Math.min(replaced, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}

function help({ name, summary, config, seedOptions }: ServiceDescription): string {
  const flags = Object.entries(seedOptions).map(
    ([flag, meaning]) => `\n                 --${flag} N  ${meaning}`,
  );
  return `${name} ${VERSION}: ${summary}

Usage: ${name} [command]

  serve        respond to requests (the default); --reuse-port shares the port with a running one
  migrate      update the schema of the database and exit
  seed         load demo data into an empty database${flags.join("")}
  backup       copy a SQLite database while it is in use: --to FILE
  restore      restore a backup where no database exists yet: --from FILE
  token        print a token signed with AUTH_SECRET: --sub ID --scope "SCOPES" --expires 1h
  openapi      print the OpenAPI document
  healthcheck  check whether the running service is ready: exit code 0 or 1

  help, --help, -h        show this help
  version, --version, -v  show the version

Environment variables [default]:

${describeConfig(config)}

Exit codes: 0 success, 1 failure, 2 wrong usage or configuration
`;
}
