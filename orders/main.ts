/** The executable: the process meets the service here and nowhere else. */
import { run } from "../shared/command/cli.ts";
import { service } from "./service.ts";

void run(service, process);
