// A pair of values, legacy → candidate, as raw text. What a side has not is said, never left blank.
import { shortened } from "../../core/shortened.ts";

export interface ValuePairProps {
  readonly legacy?: string | undefined;
  readonly candidate?: string | undefined;
  /** Longer values are cut; the whole is a hover away. */
  readonly charactersMax?: number;
  /** A line for each side, cut where the room ends: rows of a table stay as high as one another. */
  readonly isStacked?: boolean;
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

export function ValuePair(props: ValuePairProps) {
  const { legacy, candidate, charactersMax = CHARACTERS_MAX, isStacked = false } = props;
  return (
    <span class={isStacked ? "value-pair stacked" : "value-pair"}>
      <span>
        <span class="unseen">legacy </span>
        <Side name="legacy" text={legacy} charactersMax={charactersMax} />
      </span>
      <span>
        <span aria-hidden="true"> → </span>
        <span class="unseen"> candidate </span>
        <Side name="candidate" text={candidate} charactersMax={charactersMax} />
      </span>
    </span>
  );
}
