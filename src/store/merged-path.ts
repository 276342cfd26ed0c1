// How two rows of one place become one: shared by the writer and by what absorbs endpoints.

/** Sums are added, the farthest apart of both is kept. SQLite's max of two is NULL where one of them is. */
export const MERGED_PATH = `
  candidate_only = candidate_only + excluded.candidate_only,
  baseline_only = baseline_only + excluded.baseline_only,
  both_sides = both_sides + excluded.both_sides,
  shape_pairs = shape_pairs + excluded.shape_pairs,
  shape_broken = shape_broken + excluded.shape_broken,
  time_apart_ms = coalesce(max(time_apart_ms, excluded.time_apart_ms), time_apart_ms, excluded.time_apart_ms),
  number_apart = coalesce(max(number_apart, excluded.number_apart), number_apart, excluded.number_apart),
  last_seen_ms = max(last_seen_ms, excluded.last_seen_ms)`;
