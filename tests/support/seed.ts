/** Another seed each time, unless TEST_SEED says which; it is printed so that it can be said. */
export function drawSeed(): number {
  const seed = Number(process.env["TEST_SEED"] ?? Date.now() % 1_000_000);
  console.log(`TEST_SEED=${seed}`);
  return seed;
}
