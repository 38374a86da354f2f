/**
 * The connections of a service: replaced when they no longer lead to a server that can be written,
 * when a pooler turns up in between, and when the URL changes.
 */
import type { SQL } from "bun";

import { DatabaseUnavailable } from "./database.ts";
import { connect, MARK } from "./postgres-connect.ts";
import { isPooler, isReadOnly, isUnknownSetting } from "./postgres-errors.ts";
import { look, type Setup } from "./postgres-look.ts";
import { startStatement, type Work } from "./postgres-query.ts";
import { isSameButPassword, type PostgresUrl } from "./postgres-url.ts";

/** How long a server may take to obey a request to cancel. After that it counts as gone. */
const CANCEL_TIMEOUT_MS = 500;

/**
 * How long a new pool is kept at least. A replaced one may leave work behind on the server, so that
 * the pause doubles each time; but a new primary must not wait long.
 */
const PAUSE_MIN_MS = 500;
const PAUSE_MAX_MS = 8_000;

/** What a connection says when it is checked. */
const CHECK = `
  SELECT current_setting('transaction_read_only') AS only_reads,
    current_setting('${MARK}', true) AS mark`;

export interface PoolOptions {
  /** Gets a line for the operator. */
  warn: (line: string) => void;
  /** Returns the URL as it is now. Default: it never changes */
  reread?: (() => PostgresUrl) | undefined;
  /** Whether many operations follow, so that a look at prepared statements pays. */
  mayPrepare: boolean;
}

export class PostgresPool {
  readonly #options: PoolOptions;
  #given: PostgresUrl;
  #setup: Setup;
  #sql: SQL;
  /** The connection of the checks at the start. The migrations use it; then it is closed. */
  #first: SQL | undefined;
  #mayPrepare: boolean;
  #looking: Promise<void> | undefined;
  #keptUntil = 0;
  #pauseMs = PAUSE_MIN_MS;

  private constructor(given: PostgresUrl, { first, setup }: Looked, options: PoolOptions) {
    this.#options = options;
    this.#mayPrepare = options.mayPrepare;
    this.#given = given;
    this.#setup = setup;
    this.#first = first;
    this.#sql = this.#connect();
  }

  /**
   * Opens one connection and checks what is there.
   *
   * @throws DatabaseError if the services cannot work with it
   */
  static async open(given: PostgresUrl, options: PoolOptions): Promise<PostgresPool> {
    const { reread } = options;
    const password = reread && (() => passwordOf(reread()));
    return new PostgresPool(given, await look(given, { ...options, password }), options);
  }

  get sql(): SQL {
    return this.#sql;
  }

  /** The connection of the checks at the start, or those of the pool. */
  get single(): SQL {
    return this.#first ?? this.#sql;
  }

  /** Opens one more connection, whose statements have no time limit. The caller closes it. */
  openUnlimited(): SQL {
    const { target } = this.#setup;
    const unlimited = { ...target, statement_timeout_ms: 0 };
    const password = this.#options.reread && (() => this.#password());
    return connect(unlimited, { ...this.#setup, max: 1, prepare: false, password });
  }

  /**
   * Does the work on a connection of the pool, and cancels it if it takes too long. If even then
   * nothing arrives, the other end of the connection is gone, which TCP detects only minutes later:
   * the pool is replaced.
   *
   * @throws DatabaseUnavailable if it takes too long
   */
  run<Result>(start: (sql: SQL, setup: Setup) => Work<Result>): Promise<Result> {
    this.#closeFirst();
    const used = this.#sql;
    const { connect_timeout_ms: connectMs, statement_timeout_ms: statementMs } = this.#given;
    const work = start(used, this.#setup);
    return new Promise((resolve, reject) => {
      let isLate = false;
      const timer = setTimeout(() => {
        isLate = true;
        void this.#stop(work, used).then(reject);
      }, connectMs + statementMs);
      // A COMMIT that is cancelled while it waits for a standby succeeds, without the standby: what
      // is late counts as failed.
      work.result.then(
        (result) => {
          clearTimeout(timer);
          if (!isLate) resolve(result);
        },
        (error: unknown) => {
          clearTimeout(timer);
          if (!isLate) reject(error);
        },
      );
    });
  }

  /** Returns the error of work that took too long. */
  async #stop(work: Work<unknown>, used: SQL): Promise<DatabaseUnavailable> {
    work.stop();
    if (!(await settles(work.result)) && used === this.#sql) this.#replace();
    return new DatabaseUnavailable(new Error("No response in time"));
  }

  /**
   * Mends the pool after an error that shows that its connections are not what they should be. The
   * statement, or its transaction, was then not executed.
   *
   * @param used the connections of the failed attempt
   * @returns whether another attempt may succeed
   */
  async mend(error: unknown, used: SQL): Promise<boolean> {
    if (!isReadOnly(error) && !isPooler(error)) return false;
    if (used !== this.#sql) return true;
    if (isReadOnly(error)) return this.#replace();
    if (!isUnknownSetting(error)) this.#mayPrepare = false;
    return this.#lookAgain();
  }

  /**
   * Resolves if a connection is to a server that can be written.
   *
   * @throws DatabaseUnavailable
   */
  async check(): Promise<void> {
    const used = this.#sql;
    const [row] = await this.run((sql) => startStatement(sql, { text: CHECK, values: [] }));
    if (used !== this.#sql) return;
    if (row?.["only_reads"] === "on") {
      this.#replace();
      throw new DatabaseUnavailable(new Error("The server is read-only"));
    }
    const { isPooled, mark } = this.#setup;
    if (!isPooled && row?.["mark"] !== mark) await this.#lookAgain();
  }

  async close(): Promise<void> {
    this.#closeFirst();
    await this.#close(this.#sql);
  }

  #connect(): SQL {
    const { target } = this.#setup;
    const password = this.#options.reread && (() => this.#password());
    return connect(target, { ...this.#setup, max: target.pool_max, password });
  }

  /** Called for each new connection. */
  #password(): string {
    const { reread = () => this.#given, warn } = this.#options;
    try {
      const now = reread();
      if (!isSameButPassword(now, this.#given)) void this.#moveTo(now);
      return passwordOf(now);
    } catch (error) {
      warn(`${(error as Error).message}. The old password stays in use`);
      return passwordOf(this.#given);
    }
  }

  async #moveTo(now: PostgresUrl): Promise<void> {
    try {
      if (await this.#lookAgain(now)) this.#options.warn(`moved to ${now.place}`);
    } catch (error) {
      this.#options.warn(`cannot move to ${now.place}: ${(error as Error).message}`);
    }
  }

  /** Returns whether there are new connections, which is not so in the pause. */
  #replace(): boolean {
    if (!this.#isPauseOver()) return false;
    const old = this.#sql;
    this.#sql = this.#connect();
    void this.#close(old);
    return true;
  }

  /** Finds out again what is there, and replaces the pool. */
  async #lookAgain(given = this.#given): Promise<boolean> {
    if (!this.#looking) {
      if (!this.#isPauseOver()) return false;
      this.#looking = this.#startLooking(given).finally(() => {
        this.#looking = undefined;
      });
    }
    await this.#looking;
    return true;
  }

  async #startLooking(given: PostgresUrl): Promise<void> {
    const { reread, warn } = this.#options;
    const password = reread && (() => passwordOf(reread()));
    const { first, setup } = await look(given, { mayPrepare: this.#mayPrepare, warn, password });
    void first.close({ timeout: 0 });
    const old = this.#sql;
    this.#given = given;
    this.#setup = setup;
    this.#sql = this.#connect();
    void this.#close(old);
  }

  #isPauseOver(): boolean {
    const now = performance.now();
    if (now < this.#keptUntil) return false;
    // After a quiet time the next trouble is another one.
    const isAnother = now > this.#keptUntil + PAUSE_MAX_MS;
    this.#pauseMs = isAnother ? PAUSE_MIN_MS : Math.min(2 * this.#pauseMs, PAUSE_MAX_MS);
    this.#keptUntil = now + this.#pauseMs;
    return true;
  }

  #closeFirst(): void {
    if (!this.#first) return;
    void this.#first.close({ timeout: 0 });
    this.#first = undefined;
  }

  /** Lets operations finish: each has a limit. */
  async #close(sql: SQL): Promise<void> {
    await sql.close({ timeout: this.#given.statement_timeout_ms / 1000 });
  }
}

type Looked = Awaited<ReturnType<typeof look>>;

const passwordOf = ({ url }: PostgresUrl) => decodeURIComponent(url.password);

/** Whether the promise settles within {@link CANCEL_TIMEOUT_MS}, in whatever way. */
async function settles(result: Promise<unknown>): Promise<boolean> {
  const late = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => late.resolve(false), CANCEL_TIMEOUT_MS);
  try {
    return await Promise.race([result.then(isSettled, isSettled), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

const isSettled = () => true;
