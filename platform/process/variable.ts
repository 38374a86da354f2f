/** A variable of the environment: a schema, with what only variables have. */
import {
  type StringOptions,
  type TInteger,
  type TSchema,
  type TString,
  Type,
} from "@sinclair/typebox";

/** What the environment gives: the valid values, and what the operator set, itself or by a file. */
export interface Given {
  config: Readonly<Record<string, unknown>>;
  isSet(name: string): boolean;
}

export interface VariableOptions<Value> {
  /** For `--help`: a sentence without a full stop. */
  description: string;
  /** Also shown by `--help`. */
  default: Value;
  /** The default where it depends on other variables; undefined where it does not. */
  defaultBy?: (given: Given) => Value | undefined;
  /**
   * What is wrong with it beside other variables, or what no pattern detects, each as `NAME: what
   * to do`. None shows a value. Called with valid values. Default: nothing
   */
  faults?: (given: Given) => string[];
  /** Whether `NAME_FILE` may name a file that contains it. Default: false */
  mayBeFile?: boolean;
  /**
   * Whether an invalid value is ignored with a warning, instead of ending the command. Words are then
   * in either case. Default: false
   */
  isLenient?: boolean;
  /** Whether it is hidden in the log. Default: false */
  isSecret?: boolean;
}

/** A text; empty by default. */
export function text({
  default: value = "",
  ...options
}: Partial<VariableOptions<string>> & StringOptions): TString {
  return Type.String({ ...options, default: value });
}

/** A whole number in this range. */
export function whole(
  [minimum, maximum]: readonly [number, number],
  options: VariableOptions<number>,
): TInteger {
  return Type.Integer({ ...options, minimum, maximum });
}

/** One of these words. */
export function oneOf<const Word extends string>(
  words: readonly Word[],
  options: VariableOptions<NoInfer<Word>>,
): TSchema & { static: Word } {
  return Type.Union(
    words.map((word) => Type.Literal(word)),
    { ...options },
  ) as TSchema & { static: Word };
}

/** Splits a text at commas; an empty one has no parts. */
export function listIn(value: unknown): string[] {
  return typeof value === "string" && value !== "" ? value.split(",") : [];
}
