// A share as a percentage with two decimals, rounded down: 100 % is a claim, and 99.99 % is not made to look like it.

/** 0.57 × 10,000 is 5699.999… as a double: a little more than that error, and far less than one exchange in any count. */
const DOUBLE_ERROR = 1e-9;

/** `99.99`, of `share` from 0 to 1. */
export function flooredPercent(share: number): string {
  return (Math.floor(share * 10_000 + DOUBLE_ERROR) / 100).toFixed(2);
}
