/** The links of Swagger UI to the pages of other services. */
import type { TString } from "@sinclair/typebox";

import { defaultUrlOf, type Family, type ServiceEntry } from "./family.ts";
import { listIn, text } from "./variable.ts";

export interface DocsLink {
  name: string;
  url: string;
}

const LINK = "[a-z][a-z0-9-]*=https?://[^\\s,\"'<>]+";

/**
 * The variable. By default the other services are where they are on a developer's machine. Elsewhere
 * `AUTH` has to be set, and nobody but the operator knows what browsers can reach.
 */
export function docsLinks({ name }: ServiceEntry, family: Family): TString {
  const others = family.filter((one) => one.name !== name);
  const local = others.map((one) => `${one.name}=${defaultUrlOf(family, one.name)}/swagger`);
  return text({
    description:
      "Links from Swagger UI to other pages: name=URL, separated by commas. If AUTH is not set: the " +
      "other services, on their default ports",
    pattern: `^(?:${LINK}(?:,${LINK})*)?$`,
    examples: ["shop=https://shop.example.com/swagger"],
    defaultBy: ({ isSet }) => (isSet("AUTH") ? undefined : local.join(",")),
  });
}

/** Returns the links in a valid value. */
export function linksIn(value: unknown): DocsLink[] {
  return listIn(value).map((link) => {
    const end = link.indexOf("=");
    return { name: link.slice(0, end), url: link.slice(end + 1) };
  });
}
