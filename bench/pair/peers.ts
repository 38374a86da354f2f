/** The servers to compare with. They use the database files of the services. */
import { existsSync } from "node:fs";
import { join } from "node:path";

import type { ServiceName } from "../../services.ts";
import { output, type Started, startServer } from "../processes.ts";
import { bun } from "../services.ts";

const FOLDER = join(import.meta.dir, "peers");

/** The command that starts a peer, without its arguments. */
export type Peer = readonly string[];

export const BARE: Peer = [bun, join(FOLDER, "bare.ts")];
export const BARE_ROUTES: Peer = [bun, join(FOLDER, "bare-routes.ts")];
export const BARE_POSTGRES: Peer = [bun, join(FOLDER, "bare-postgres.ts")];

/** The frameworks, and Node for one of them. The first run installs them. */
export async function frameworks(): Promise<{ elysia: Peer; hono: Peer; fastify: Peer }> {
  const node = join(FOLDER, `node_modules/node-linux-${process.arch}/bin/node`);
  await output([bun, "install", "--frozen-lockfile"], { cwd: FOLDER });
  return {
    elysia: ["env", "NODE_ENV=production", bun, join(FOLDER, "elysia.ts")],
    hono: [bun, join(FOLDER, "hono.ts")],
    fastify: [node, join(FOLDER, "fastify.ts")],
  };
}

export const NO_GO = "Without a pair in Go, because go is missing: apt-get install golang-go.";

/** The pair in Go, compiled into a folder, on one core; `undefined` if go is missing. */
export async function goPair(folder: string): Promise<Peer | undefined> {
  const go = Bun.which("go");
  if (!go) return undefined;
  const program = join(folder, "go-pair");
  if (!existsSync(program)) {
    const environment = { GOCACHE: join(folder, "go-cache"), GOTOOLCHAIN: "local", GOFLAGS: "" };
    await output([go, "build", "-o", program, "."], { cwd: join(FOLDER, "go"), environment });
  }
  return ["env", "GOMAXPROCS=1", program];
}

export interface PeerOptions {
  /** The database file of the service, or the URL of its Postgres. Default: data in memory */
  file?: string;
  /** URL of `users` for `orders`. Default: it calls no other service */
  usersUrl?: string;
  /** The headers of its responses. Default: its own */
  headers?: Record<string, string>;
}

/** Starts one half of a peer. */
export function startPeer(
  peer: Peer,
  service: ServiceName,
  { file, usersUrl, headers }: PeerOptions = {},
): Promise<Started> {
  return startServer([
    ...peer,
    service,
    ...(file === undefined ? [] : ["--file", file]),
    ...(usersUrl === undefined ? [] : ["--users", usersUrl]),
    ...(headers === undefined ? [] : ["--headers", JSON.stringify(headers)]),
  ]);
}
