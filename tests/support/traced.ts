/** A service whose traces a collector of the test receives. */
import { executable } from "./executables.ts";
import { FIRST } from "./first.ts";
import { type Running, startService } from "./processes.ts";

/**
 * Starts the first service, which sends its spans to the collector.
 *
 * @param words the program. Default: the executable
 */
export async function startTraced(
  collectorUrl: string,
  more: Record<string, string> = {},
  words?: readonly string[],
): Promise<Running> {
  const environment = {
    DATABASE_URL: "sqlite://:memory:",
    OTEL_EXPORTER_OTLP_ENDPOINT: collectorUrl,
    ...more,
  };
  return startService(FIRST, environment, words ?? [await executable(FIRST)]);
}
