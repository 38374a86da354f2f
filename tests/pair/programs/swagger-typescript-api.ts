/** A program on the clients of swagger-typescript-api. */
import { Api as Orders } from "../with-identity/orders/swagger-typescript-api/api.ts";
import { Api as Users } from "../with-identity/users/swagger-typescript-api/api.ts";

export async function tour(urls: { users: string; orders: string }, token: string) {
  const baseApiParams = { headers: { Authorization: `Bearer ${token}` } };
  const { users } = new Users({ baseUrl: urls.users, baseApiParams });
  const { orders } = new Orders({ baseUrl: urls.orders, baseApiParams });

  const { data: user } = await users.createUser({ name: "Sta", email: "sta@example.com" });
  const { data: list } = await users.listUsers({ limit: 1 });
  const { data: order } = await orders.createOrder({ user_id: user.id, amount: 19.99 });
  const { data: read } = await orders.getOrder(order.id, { expand: "user" as never });
  const refused = orders.createOrder({ user_id: "nobody", amount: 1 });
  const problem = await refused.then(
    () => undefined,
    ({ error }: { error: { code: string } }) => error,
  );
  return { user, list, order, read, problem, code: problem?.code };
}
