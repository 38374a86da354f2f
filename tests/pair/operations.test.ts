/** The names of the operations, after which generators name the functions of clients. */
import { expect, test } from "bun:test";

import { openApps } from "../support/apps.ts";
import { documentOf } from "../support/document.ts";
import { forEach } from "../support/services.ts";

/** All of these; a new operation is none that a client knows. */
const kept = (...names: string[]): string[] => expect.arrayContaining(names);

test("The operations keep the names that clients were generated with", async () => {
  const apps = await openApps();
  const names = await forEach(async (name) =>
    Object.values((await documentOf(apps[name])).paths).flatMap((methods) =>
      Object.values(methods).map(({ operationId }) => operationId),
    ),
  );
  await apps.close();
  expect(names).toMatchObject({
    users: kept("listUsers", "createUser", "getUser", "updateUser", "deleteUser"),
    orders: kept("listOrders", "createOrder", "getOrder", "updateOrder"),
  });
});
