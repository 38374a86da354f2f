/** What a store needs to know about a request, as one value. */
import { admits, type Tags, tagsAdmitted } from "../http/etag.ts";
import { lacking } from "../identity/authorize.ts";
import { ANYONE, NOBODY, type Owner, owns } from "../identity/owner.ts";
import type { TraceContext } from "../process/trace/trace-context.ts";

export const ANY_TAG = tagsAdmitted(undefined);

export interface WhoOptions {
  /** The trace that the operations belong to. Default: none */
  trace?: TraceContext | undefined;
  /** The entity tags that the request accepts. Default: any */
  tags?: Tags;
  /** Whether the caller has the scope `admin`. Default: if it may see everyone's resources */
  isAdmin?: boolean;
  /** The name of the service, for `WWW-Authenticate`. Default: none */
  realm?: string;
}

/** Who asks, in which trace, for which version of a resource. */
export class Who {
  /** The trace of the request, for the operations of the database. */
  readonly trace: TraceContext | undefined;
  /** The entity tags that the request accepts, as a parameter of a statement. */
  readonly tags: Tags;
  readonly #isAdmin: boolean;
  readonly #realm: string;

  /** @param owner whose resources it may see and change, as a parameter of a statement */
  constructor(
    readonly owner: Owner,
    { trace, tags = ANY_TAG, isAdmin = owner === ANYONE, realm = "" }: WhoOptions = {},
  ) {
    this.trace = trace;
    this.tags = tags;
    this.#isAdmin = isAdmin;
    this.#realm = realm;
  }

  /** Whether it may see and change everyone's resources. */
  get isEveryone(): boolean {
    return this.owner === ANYONE;
  }

  /** Whether the subject of its token cannot be the id of a user, so that it has no resources. */
  get isNobody(): boolean {
    return this.owner === NOBODY;
  }

  /** The same request, for everyone's resources: for what the service itself has to know. */
  asEveryone(): Who {
    const { trace, tags } = this;
    return new Who(ANYONE, { trace, tags, isAdmin: this.#isAdmin, realm: this.#realm });
  }

  /** Whether it may see and change the resources of this user. */
  owns(userId: string): boolean {
    return owns(this.owner, userId);
  }

  /** Whether its `If-Match` accepts this entity tag. */
  admits(tag: string): boolean {
    return admits(this.tags, tag);
  }

  /** Whether the caller has the scope `admin`. A scope that ends in `:any` does not make it one. */
  get isAdmin(): boolean {
    return this.#isAdmin;
  }

  /** @throws ProblemError 403 if the caller lacks the scope `admin` */
  requireAdmin(): void {
    if (!this.#isAdmin) throw lacking(this.#realm, "admin");
  }
}
