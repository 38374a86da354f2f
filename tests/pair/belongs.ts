/**
 * What is about these services together, and goes as soon as one of them does: `bun run drop` takes
 * it away, with the scripts that run it.
 */
export const services = ["users", "orders"];

export const paths = ["tests/pair", "bench/pair", "demo", "docs/client.ts"];
