/** Longest pause before the first new attempt, and before any, in milliseconds. */
const FIRST_MS = 500;
const LONGEST_MS = 20_000;

/**
 * Pause before reconnect attempt `n` (from 0), in milliseconds: exponential with full jitter,
 * so that a crowd which lost its server together does not come back together.
 * @param {number} n
 * @param {() => number} random in [0, 1)
 */
export function pause(n, random) {
  return random() * Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(n, 16));
}
