/** Databases that cannot hold every text. */
import { expect, setDefaultTimeout, test } from "bun:test";

import { SQL } from "bun";

import { ENGINE_TIMEOUT_MS } from "../../tests/support/engines.ts";
import { sharedUrl } from "../../tests/support/postgres.ts";
import { DatabaseError } from "./database.ts";
import { openPostgres } from "./postgres.ts";

setDefaultTimeout(ENGINE_TIMEOUT_MS);

test.each(["LATIN1", "SQL_ASCII", "UTF8"])(
  "A database in %s is refused, or is UTF8",
  async (encoding) => {
    const url = new URL(await sharedUrl());
    await using administrator = new SQL(url.href, { max: 1 });
    const name = `encoding_${encoding.toLowerCase()}`;
    const locale = "LOCALE_PROVIDER libc LOCALE 'C'";
    await administrator.unsafe(
      `CREATE DATABASE ${name} TEMPLATE template0 ENCODING '${encoding}' ${locale}`,
    );
    url.pathname = name;
    const opened = await openPostgres(url.href).catch((error) => error);
    if (encoding === "UTF8") {
      const text = "SELECT CAST($1 AS TEXT) AS name";
      expect(await opened.read(text, ["Łódź 😀"])).toEqual([{ name: "Łódź 😀" }]);
      await opened.close();
    } else {
      expect(opened).toBeInstanceOf(DatabaseError);
      expect(opened.message).toBe(
        `Cannot use the database ${name} at ${url.host}: its encoding is ${encoding}, which cannot ` +
          "hold every name. Create the database with TEMPLATE template0 ENCODING 'UTF8', and move " +
          "the data with pg_dump and pg_restore",
      );
    }
    await administrator.unsafe(`DROP DATABASE ${name} WITH (FORCE)`);
  },
);
