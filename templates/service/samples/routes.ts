/** The routes of the service. */
import { Elysia } from "elysia";

import {
  type Api,
  created,
  door,
  fail,
  found,
  page,
  responses,
  // @if callees
  type serviceClient,
  // @end
  type Who,
} from "../platform/index.ts";
import {
  // @each callee
  type Callee,
  // @end
  NewSample,
  Sample,
  SamplePage,
  SamplePatch,
  SamplePath,
  SampleQuery,
} from "../shared/types.ts";
import {
  missing,
  // @each callee
  noCallee,
  // @end
  stale,
} from "./failures.ts";
import type { SampleStore } from "./store.ts";
import { SAMPLES } from "./table.ts";

export function sampleRoutes(
  store: SampleStore,
  // @if callees
  clients: Clients,
  // @end
) {
  /** Why a change has changed nothing. */
  const refusal = async (id: string, who: Who) =>
    fail((await store.byId(id, who)) ? stale : missing);

  return new Elysia({ tags: ["samples"] })
    .use(door)
    .get("/samples", ({ query, who }) => page((from) => store.list(query, from, who)), {
      needs: "samples:read",
      query: SampleQuery,
      response: responses.list(SamplePage),
      detail: {
        operationId: "listSamples",
        summary: "List samples",
        description:
          "Returns samples, oldest first. If the service requires tokens, a caller without the scope " +
          "`admin` sees only its own.",
      },
    })
    .post(
      "/samples",
      // @if callees
      ({ body, who, request }) => {
        // Also before a replay: the caller may have been allowed more.
        if (!who.owns(body.user_id)) who.requireAdmin();
        return created(SAMPLES, async () => {
          // @each callee
          const { value: callee } = await clients.callees.byId(body.callee_id, request);
          // Another user's is treated as one that does not exist.
          if (callee?.$calleeOwner !== body.user_id) return fail(noCallee, NO_CALLEE);
          // @end
          return store.create(body);
        });
      },
      // @end
      // @unless callees
      ({ body, who }) => {
        // Also before a replay: the caller may have been allowed more.
        if (!who.owns(body.user_id)) who.requireAdmin();
        return created(SAMPLES, () => store.create(body));
      },
      // @end
      {
        needs: "samples:write",
        body: NewSample,
        response: responses.create(
          Sample,
          // @each callee
          noCallee,
          ...clients.callees.failures,
          // @end
        ),
        detail: {
          operationId: "createSample",
          summary: "Create a sample",
          description:
            "Creates a sample of a user. If the service requires tokens, a caller without the scope " +
            "`admin` creates only its own.",
        },
      },
    )
    .get("/samples/:id", ({ params, who }) => found(store.byId(params.id, who), missing), {
      needs: ["samples:read", "samples:read:any"],
      params: SamplePath,
      response: responses.read(Sample, missing),
      detail: {
        operationId: "getSample",
        summary: "Get a sample",
        description: "Returns the sample with this id.",
      },
    })
    .patch(
      "/samples/:id",
      ({ params: { id }, body, who }) => found(store.update(id, body, who), () => refusal(id, who)),
      {
        needs: "samples:write",
        params: SamplePath,
        body: SamplePatch,
        response: responses.change(Sample, stale, missing),
        detail: {
          operationId: "updateSample",
          summary: "Update a sample",
          description: "Changes only the fields in the body.",
        },
      },
    )
    .delete(
      "/samples/:id",
      async ({ params: { id }, who, status }) =>
        (await store.remove(id, who)) ? status(204, undefined) : refusal(id, who),
      {
        needs: "samples:write",
        params: SamplePath,
        response: responses.remove(Sample, stale, missing),
        detail: {
          operationId: "deleteSample",
          summary: "Delete a sample",
          description: "Deletes the sample.",
        },
      },
    );
}

export type SamplesApi = Api<typeof sampleRoutes>;
// @if callees

/** The clients of the services that it calls. */
interface Clients {
  // @each callee
  callees: Awaited<ReturnType<typeof serviceClient<"callees", typeof Callee>>>;
  // @end
}
// @end
// @each callee

const NO_CALLEE = {
  errors: [{ pointer: "/callee_id", detail: "The user has no callee with this id" }],
};
// @end
