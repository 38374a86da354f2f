/**
 * An error that the operator can fix. A command that fails with it prints one line, without a
 * stack.
 */
export class OperatorError extends Error {
  override readonly name: string = "OperatorError";
  /** The exit code: 1 for a failure, 2 for wrong usage or configuration. */
  readonly exitCode: 1 | 2 = 1;
}

/** Wrong command line. */
export class UsageError extends OperatorError {
  override readonly name = "UsageError";
  override readonly exitCode = 2;
}
