/** The document of @elysiajs/swagger, before it is finished. */
import type { Failure } from "../http/failure.ts";
import type {
  Content,
  Header,
  OpenApiDocument,
  Operation,
  Parameter,
  SecurityScheme,
} from "./document.ts";

/** The plugin's document: everything that routes declare, but not always in the right place. */
export interface Draft extends Omit<OpenApiDocument, "paths" | "components"> {
  paths: Record<string, Record<string, DraftOperation>>;
  securitySchemes?: Record<string, SecurityScheme>;
}

export interface DraftOperation extends Omit<Operation, "parameters" | "responses"> {
  parameters?: DraftParameter[];
  responses: Record<string, DraftResponse>;
}

/** The plugin moved the description and the examples out of the schema. */
export type DraftParameter = Parameter & { examples?: unknown[] };

export type DraftHeader = Header & { $id: string };

/** `$id` and `examples` belong to the schema of the body. */
export interface DraftResponse {
  $id?: string;
  description: string;
  examples?: unknown[];
  /** The failures with this status. */
  failures?: Failure[];
  headers?: Record<string, DraftHeader>;
  content?: Content;
}
