/**
 * Variables of Bun that would undo what a service protects. They come with a machine: an editor sets
 * some for its terminals, others are left behind by debugging.
 */
import { VERSION } from "./version.ts";

interface Danger {
  /** Matches the names. */
  names: RegExp;
  /** What such a variable does. */
  does: string;
  /** Values that do nothing. Default: only an empty one */
  harmless?: RegExp;
}

const DANGERS: readonly Danger[] = [
  { names: /^BUN_INSPECT/, does: "opens a debugger, which shows every secret" },
  { names: /^BUN_OPTIONS$/, does: "adds options, such as a debugger" },
  { names: /^BUN_JSC_/, does: "sets options of JavaScriptCore, such as dumps" },
  {
    names: /^BUN_CONFIG_VERBOSE_FETCH$/,
    does: "prints requests with tokens",
    harmless: /^(?:0|false)$/,
  },
  { names: /^NODE_TLS_REJECT_UNAUTHORIZED$/, does: "accepts any certificate", harmless: /^(?!0$)/ },
];

/** An executable is for production; from source, a service may be debugged. */
const IS_EXECUTABLE = VERSION !== "dev";

/**
 * Returns the faults of an executable with AUTH=on, each as `NAME: what to do`. None shows a value.
 *
 * @param isExecutable Default: whether this is one
 */
export function runtimeFaults(
  { AUTH }: { AUTH?: unknown },
  environment: Record<string, string | undefined>,
  isExecutable = IS_EXECUTABLE,
): string[] {
  if (AUTH !== "on" || !isExecutable) return [];
  return Object.entries(environment).flatMap(([name, value]) => {
    const danger = value ? DANGERS.find(({ names }) => names.test(name)) : undefined;
    return !danger || danger.harmless?.test(value ?? "")
      ? []
      : [`${name}: unset it, because it ${danger.does}, and AUTH is on`];
  });
}
