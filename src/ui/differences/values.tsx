// A pair of values, legacy → candidate, as raw text. What a side has not is said, never left blank.
import { shortened } from "../../core/shortened.ts";

export interface ValuePairProps {
  readonly legacy?: string | undefined;
  readonly candidate?: string | undefined;
  /** Longer values are cut; the whole is a hover away. */
  readonly charactersMax?: number;
}

const CHARACTERS_MAX = 400;

interface SideProps {
  readonly name: "legacy" | "candidate";
  readonly text: string | undefined;
  readonly charactersMax: number;
}

function Side({ name, text, charactersMax }: SideProps) {
  if (text === undefined) return <em class="muted">nothing</em>;
  return (
    <code class={name} title={`${name}: ${text}`}>
      {text === "" ? "(empty)" : shortened(text, charactersMax)}
    </code>
  );
}

export function ValuePair({ legacy, candidate, charactersMax = CHARACTERS_MAX }: ValuePairProps) {
  return (
    <span class="value-pair">
      <span class="unseen">legacy </span>
      <Side name="legacy" text={legacy} charactersMax={charactersMax} />
      <span aria-hidden="true"> → </span>
      <span class="unseen"> candidate </span>
      <Side name="candidate" text={candidate} charactersMax={charactersMax} />
    </span>
  );
}
