/** A program on hey-api's clients, which validate every success with zod. */
import { client as ordersClient } from "../with-identity/orders/hey-api/client.gen.ts";
import * as orders from "../with-identity/orders/hey-api/index.ts";
import { zProblem } from "../with-identity/orders/hey-api/zod.gen.ts";
import { client as usersClient } from "../with-identity/users/hey-api/client.gen.ts";
import * as users from "../with-identity/users/hey-api/index.ts";

export async function tour(urls: { users: string; orders: string }, token: string) {
  usersClient.setConfig({ baseUrl: urls.users, auth: token, throwOnError: true });
  ordersClient.setConfig({ baseUrl: urls.orders, auth: token });

  const { data: user } = await users.createUser<true>({
    body: { name: "Hey", email: "hey@example.com" },
    headers: { "Idempotency-Key": "hey" },
  });
  const { data: list } = await users.listUsers<true>({ query: { limit: 1 } });

  const ordered = await orders.createOrder({ body: { user_id: user.id, amount: 19.99 } });
  const order = ordered.data;
  if (!order) throw new Error(`The order was not created: ${ordered.error.code}`);
  const { data: read } = await orders.getOrder({
    path: { id: order.id },
    query: { expand: "user" },
  });

  const { error } = await orders.createOrder({ body: { user_id: "nobody", amount: 1 } });
  return { user, list, order, read, problem: zProblem.parse(error), code: error?.code };
}
