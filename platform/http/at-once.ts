/** Functions that Elysia does not await. */

/**
 * Elysia decides from the source text of a handler or hook whether to await it
 * (`/(?:return|=>)\s?\S+\(|a(?:sync|wait)/`, isAsync in its compose.mjs): it awaits every one that
 * ends in a call, and judges the text that a minifier leaves. From the parameters in the text it
 * also learns which parts of the context to prepare.
 *
 * This shows Elysia a text that awaits nothing, and needs of the context only what every function
 * of ours may use.
 */
export function showAsSynchronous<Shown extends Function>(shown: Shown): Shown {
  return Object.defineProperty(shown, "toString", {
    value: () => "({ request, route, set }) => {}",
  });
}
