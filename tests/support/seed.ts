/** Returns TEST_SEED, or a new seed, and prints it so that a run can be repeated. */
export function drawSeed(): number {
  const seed = Number(process.env["TEST_SEED"] ?? Date.now() % 1_000_000);
  console.log(`TEST_SEED=${seed}`);
  return seed;
}
