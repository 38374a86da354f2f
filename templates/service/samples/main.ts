/** The executable. Only this file gives the service access to the process. */
import { run } from "../platform/service.ts";
import { service } from "./service.ts";

void run(service, process);
