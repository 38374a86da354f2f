/** The OpenAPI document and the Swagger UI. */
import { swagger } from "@elysiajs/swagger";

export interface DocsOptions {
  title: string;
  description: string;
}

export function docs({ title, description }: DocsOptions) {
  return swagger({
    provider: "swagger-ui",
    documentation: { openapi: "3.1.0" as never, info: { title, description, version: "0.0.0" } },
  });
}
