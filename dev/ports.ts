/** The ports of the services. */
import { listed } from "../services.ts";
import { ownName, type Settings } from "./settings.ts";

export interface Ports {
  /** By the name of the service. */
  numbers: Record<string, number>;
  /** Lets the services have them. */
  release(): Promise<void>;
}

/** Takes the ports, so that a second `bun run dev` finds them taken. Returns why it cannot. */
export async function takePorts(services: readonly Settings[]): Promise<Ports | string> {
  const numbers: Record<string, number> = {};
  const held: Bun.Server<undefined>[] = [];
  const taken: Settings[] = [];
  const release = async () => {
    for (const server of held) await server.stop(true);
  };
  for (const settings of services) {
    const { HOST: hostname, PORT: port } = settings.config;
    numbers[settings.name] = port;
    try {
      const server = Bun.serve({ hostname, port, fetch: () => new Response() });
      numbers[settings.name] = server.port ?? port;
      held.push(server);
    } catch (error) {
      // The service itself reports any other error.
      if ((error as { code?: string }).code === "EADDRINUSE") taken.push(settings);
    }
  }
  if (taken.length === 0) return { numbers, release };
  await release();
  const ports = taken.map(({ name, config }) => `port ${config.PORT} of ${name}`);
  const names = listed(taken.map(({ name }) => ownName(name, "PORT")));
  return taken.length === 1
    ? `${ports.join()} is in use. Stop the process that listens there, or set ${names} to another port`
    : `${listed(ports)} are in use. Stop what listens there, or set ${names} to other ports`;
}
