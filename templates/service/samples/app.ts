import {
  composeApp,
  type Parts,
  // @if callees
  serviceClient,
  // @end
} from "../platform/index.ts";
import { defaultUrlOf, SERVICES } from "../services.ts";
import * as contract from "../shared/types.ts";
import type { SamplesConfig } from "./config.ts";
import { sampleRoutes } from "./routes.ts";
import { createSampleStore } from "./store.ts";

const DESCRIPTION = `
The samples, each of one user. Create, read, change and delete them here.

\`\`\`sh
curl ${defaultUrlOf("samples")}/samples -H 'Content-Type: application/json' \\
  -d '${JSON.stringify(contract.NewSample.examples[0])}'
\`\`\`
`.trim();

// @unless callees
export function createApp(parts: Parts<SamplesConfig>) {
  const store = createSampleStore(parts.database, parts.now);
  return composeApp("samples", {
    ...parts,
    family: SERVICES,
    contract,
    description: DESCRIPTION,
    routes: sampleRoutes(store),
  });
}
// @end
// @if callees
export async function createApp(parts: Parts<SamplesConfig>) {
  const store = createSampleStore(parts.database, parts.now);
  // @each callee
  const callees = await serviceClient("callees", contract.Callee, { by: "samples", ...parts });
  // @end
  return composeApp("samples", {
    ...parts,
    family: SERVICES,
    contract,
    description: DESCRIPTION,
    routes: sampleRoutes(store, {
      // @each callee
      callees,
      // @end
    }),
    degradable: {
      // @each callee
      callees: callees.ping,
      // @end
    },
  });
}
// @end
