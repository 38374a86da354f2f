/** nginx and HAProxy in front of the services, as docs/proxies.md configures them. */
import { join } from "node:path";

import { atEnd } from "./at-end.ts";
import { ROOT } from "./folders.ts";
import { createServerFolder, freePort } from "./server-folder.ts";

export type ProxyName = "nginx" | "haproxy";

/** Debian installs them where only an administrator looks. */
const PATH = `${process.env["PATH"]}:/usr/sbin`;

/** Debian's packages that are not installed; they have the names of their programs. */
export const MISSING = ["nginx", "haproxy"].filter((name) => !Bun.which(name, { PATH }));

/** A worker of nginx writes the bodies of requests to these. */
const NGINX_PATHS = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
  .map((kind) => `${kind}_temp_path ${kind};`)
  .join(" ");

/** The words that start a proxy with a configuration in its folder. */
const PROXIES: Record<ProxyName, { whole: (shown: string) => string; words: string[] }> = {
  nginx: {
    whole: (shown) => `daemon off; worker_processes 1; pid pid; error_log stderr;
      events {}
      http { access_log off; ${NGINX_PATHS}\n${shown}\n}`,
    words: ["-p", ".", "-e", "stderr", "-c", "configuration"],
  },
  haproxy: { whole: (shown) => shown, words: ["-db", "-f", "configuration"] },
};

/** Returns the configuration of the page. */
export async function shownFor(name: ProxyName): Promise<string> {
  const page = await Bun.file(join(ROOT, "docs", "proxies.md")).text();
  const [, shown] = new RegExp(`^\`\`\`${name}\n([^]*?)^\`\`\`$`, "m").exec(page) ?? [];
  if (shown === undefined) throw new Error(`docs/proxies.md has no configuration of ${name}`);
  return shown;
}

export interface ReverseProxy extends AsyncDisposable {
  url: string;
  port: number;
}

/**
 * Starts a proxy.
 *
 * @param configuration as the page shows it, on port 80
 */
export async function startReverseProxy(
  name: ProxyName,
  configuration: string,
  port = freePort(),
): Promise<ReverseProxy> {
  const folder = createServerFolder(name);
  const { whole, words } = PROXIES[name];
  const listening = configuration.replace(/\b(listen |bind :)80\b/, (_all, how: string) => {
    return how.startsWith("listen") ? `listen 127.0.0.1:${port}` : `bind 127.0.0.1:${port}`;
  });
  if (listening === configuration) throw new Error("The configuration does not listen on port 80");
  folder.write("configuration", whole(listening));
  const program = Bun.which(name, { PATH }) ?? name;
  const child = Bun.spawn([program, ...words], {
    ...folder.spawning,
    stdio: ["ignore", "ignore", "pipe"],
  });
  const forget = atEnd(() => child.kill());
  const said = new Response(child.stderr).text();
  while (!(await accepts(port))) {
    if (child.exitCode !== null) throw new Error(`${name} ended:\n${await said}`);
    await Bun.sleep(10);
  }
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    async [Symbol.asyncDispose]() {
      forget();
      child.kill();
      await child.exited;
      await Bun.$`rm -rf ${folder.path}`;
    },
  };
}

async function accepts(port: number): Promise<boolean> {
  try {
    (await Bun.connect({ hostname: "127.0.0.1", port, socket: { data() {} } })).end();
    return true;
  } catch {
    return false;
  }
}
