/** What is kept for each kind of request: for each route, status and method. */
import { knownMethod } from "./routes.ts";

export interface Kind {
  /** One of a bounded set. */
  route: string;
  status: number;
  /** As it was sent. All unknown ones are `other`. */
  method: string;
}

/**
 * Returns the function that finds the value of a kind, which is created at its first request.
 *
 * The maps are nested because one key for all three would be a new text for each request.
 */
export function perKind<Value extends {}>(create: (kind: Kind) => Value): (kind: Kind) => Value {
  const ofRoute = new Map<string, Map<number, Map<string, Value>>>();

  return ({ route, status, method: sent }) => {
    let ofStatus = ofRoute.get(route);
    if (!ofStatus) ofRoute.set(route, (ofStatus = new Map()));
    let ofMethod = ofStatus.get(status);
    if (!ofMethod) ofStatus.set(status, (ofMethod = new Map()));
    const found = ofMethod.get(sent);
    if (found !== undefined) return found;
    const method = knownMethod(sent);
    const value = ofMethod.get(method) ?? create({ route, status, method });
    ofMethod.set(method, value);
    return value;
  };
}
