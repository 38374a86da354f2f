/** What the operator can mend. A command that fails with it tells one line, without a stack. */
export class OperatorError extends Error {
  override readonly name: string = "OperatorError";
  /** How the process ends: 1 is a failure, 2 wrong usage or configuration. */
  readonly exitCode: 1 | 2 = 1;
}

/** Wrong words on the command line. */
export class UsageError extends OperatorError {
  override readonly name = "UsageError";
  override readonly exitCode = 2;
}
