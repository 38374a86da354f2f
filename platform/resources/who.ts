/** What a store needs to know about a request, as one value. */
import { admits, type Versions, versionsAdmitted } from "../http/etag.ts";
import { lacking } from "../identity/access.ts";
import { ANYONE, type Owner, owns } from "../identity/owner.ts";
import type { TraceContext } from "../process/trace/trace-context.ts";

export const ANY_VERSION = versionsAdmitted(undefined);

export interface WhoOptions {
  /** The trace that the operations belong to. Default: none */
  trace?: TraceContext | undefined;
  /** The versions that the request may change. Default: any */
  versions?: Versions;
  /** Whether the caller has the scope `admin`. Default: if it may see everyone's resources */
  isAdmin?: boolean;
  /** The name of the service, for `WWW-Authenticate`. Default: none */
  realm?: string;
}

/** Who asks, in which trace, for which versions. */
export class Who {
  /** The trace of the request, for the operations of the database. */
  readonly trace: TraceContext | undefined;
  /** The versions that the request may change, as a parameter of a statement. */
  readonly versions: Versions;
  readonly #isAdmin: boolean;
  readonly #realm: string;

  /** @param owner whose resources it may see and change, as a parameter of a statement */
  constructor(
    readonly owner: Owner,
    { trace, versions = ANY_VERSION, isAdmin = owner === ANYONE, realm = "" }: WhoOptions = {},
  ) {
    this.trace = trace;
    this.versions = versions;
    this.#isAdmin = isAdmin;
    this.#realm = realm;
  }

  /** Whether it may see and change everyone's resources. */
  get isEveryone(): boolean {
    return this.owner === ANYONE;
  }

  /** The same request, for everyone's resources: for what the service itself has to know. */
  asEveryone(): Who {
    const { trace, versions } = this;
    return new Who(ANYONE, { trace, versions, isAdmin: this.#isAdmin, realm: this.#realm });
  }

  /** Whether it may see and change the resources of this user. */
  owns(userId: string): boolean {
    return owns(this.owner, userId);
  }

  /** Whether its `If-Match` admits this version. */
  admits(version: number): boolean {
    return admits(this.versions, version);
  }

  /** @throws ProblemError 403 if the caller lacks the scope `admin` */
  requireAdmin(): void {
    if (!this.#isAdmin) throw lacking(this.#realm, "admin");
  }
}
