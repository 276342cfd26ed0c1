// Regular expressions of users, in RE2's language: matching takes time linear in the text, whatever the pattern.
// Invariant: a pattern that passed `linearPatternProblem` compiles. JavaScript's own engine never sees one: it can
// take exponential time.
import { RE2JS, RE2JSSyntaxException } from "re2js";

/** Matching costs pattern times text: these two bound the first factor. */
export const PATTERN_CHARACTERS_MAX = 500;
/** Counted repeats unfolded, `a{1000}` is a thousand steps: at most some 5 µs for each character of the text. */
export const PATTERN_STEPS_MAX = 2000;

export interface LinearPattern {
  /** Of the whole text, not of a part. */
  matches(text: string): boolean;
}

/** What is wrong with the text between the slashes; undefined for a good one. */
export function linearPatternProblem(source: string): string | undefined {
  if (source === "") return "a regular expression between the slashes";
  if (source.length > PATTERN_CHARACTERS_MAX)
    return `a regular expression of at most ${PATTERN_CHARACTERS_MAX} characters`;
  try {
    if (RE2JS.compile(source).programSize() <= PATTERN_STEPS_MAX) return undefined;
    return `a regular expression of at most ${PATTERN_STEPS_MAX} steps when its repeats are unfolded`;
  } catch (error) {
    if (!(error instanceof RE2JSSyntaxException)) throw error;
    const why = error.getDescription().replace(/\s+/g, " ");
    return `a regular expression in RE2's language, which has no backreferences and no look-around (${why})`;
  }
}

/** Throws for a text that has a problem: config refuses those. */
export function compileLinearPattern(source: string): LinearPattern {
  const pattern = RE2JS.compile(source);
  return { matches: (text) => pattern.testExact(text) };
}
