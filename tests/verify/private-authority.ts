/** Calls to a service whose certificate is of an authority that only its operator knows. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";

import { SERVICES, urlVariableOf } from "../../services.ts";
import { command, executable } from "../support/executables.ts";
import { temporaryFolder } from "../support/folders.ts";
import { startService } from "../support/processes.ts";

setDefaultTimeout(120_000);

const folder = temporaryFolder();
afterAll(() => folder[Symbol.dispose]());
const file = (name: string) => join(folder.path, name);

/** Makes an authority, and a certificate of it for `localhost`. */
beforeAll(async () => {
  const rsa = "-newkey rsa:2048 -nodes -days 1";
  await Bun.write(file("names"), "subjectAltName=DNS:localhost\n");
  for (const words of [
    `req -x509 ${rsa} -subj /CN=authority -keyout ${file("ca.key")} -out ${file("ca.pem")}`,
    `req ${rsa} -subj /CN=localhost -keyout ${file("key.pem")} -out ${file("request.pem")}`,
    `x509 -req -in ${file("request.pem")} -CA ${file("ca.pem")} -CAkey ${file("ca.key")}
      -CAcreateserial -days 1 -extfile ${file("names")} -out ${file("certificate.pem")}`,
  ]) {
    const environment = { PATH: process.env["PATH"] ?? "" };
    const made = await command(["openssl", ...words.split(/\s+/)], { environment });
    if (made.exitCode !== 0) throw new Error(made.stderr);
  }
});

test.each(SERVICES.filter(({ calls }) => calls.length > 0))(
  "$name calls over TLS with an authority that NODE_EXTRA_CA_CERTS names, and with no other",
  async ({ name, calls }) => {
    using callee = Bun.serve({
      port: 0,
      tls: { key: Bun.file(file("key.pem")), cert: Bun.file(file("certificate.pem")) },
      fetch: () => Response.json({ status: "alive" }),
    });
    const url = `https://localhost:${callee.port}`;
    const environment = {
      DATABASE_URL: "sqlite://:memory:",
      ...Object.fromEntries(calls.map((other) => [urlVariableOf(other), url])),
    };
    const program = await executable(name);
    const stateWith = async (more: Record<string, string>) => {
      await using running = await startService(name, { ...environment, ...more }, [program]);
      const response = await fetch(`${running.url}/health/ready`);
      const { checks } = (await response.json()) as { checks: Record<string, string> };
      return calls.map((other) => checks[other]);
    };
    expect(await stateWith({ NODE_EXTRA_CA_CERTS: file("ca.pem") })).toEqual(calls.map(() => "ok"));
    expect(await stateWith({})).toEqual(calls.map(() => "unavailable"));
  },
);
