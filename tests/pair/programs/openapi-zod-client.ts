/** A program on the clients of openapi-zod-client, which validate requests and responses with zod. */
import { createApiClient as createOrders } from "../with-identity/orders/openapi-zod-client/api.ts";
import { createApiClient as createUsers } from "../with-identity/users/openapi-zod-client/api.ts";

export async function tour(urls: { users: string; orders: string }, token: string) {
  const axiosConfig = { headers: { Authorization: `Bearer ${token}` } };
  const users = createUsers(urls.users, { axiosConfig });
  const orders = createOrders(urls.orders, { axiosConfig });

  const user = await users.createUser({ name: "Zod", email: "zod@example.com" });
  const list = await users.listUsers({ queries: { limit: 1 } });
  const order = await orders.createOrder({ user_id: user.id, amount: 19.99 });
  const read = await orders.getOrder({ params: { id: order.id }, queries: { expand: "user" } });
  const refused = orders.createOrder({ user_id: "nobody", amount: 1 });
  const problem = await refused.then(
    () => undefined,
    ({ response }: { response: { data: { code: string } } }) => response.data,
  );
  return { user, list, order, read, problem, code: problem?.code };
}
