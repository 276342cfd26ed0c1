// The differences of an exchange: which one is looked at, its values, and all of them as a list.
import { useMemo, useState } from "preact/hooks";
import { formatNumber } from "../format.ts";
import { Badge, type Tone } from "../parts/badge.tsx";
import { CopyButton } from "../parts/copy-button.tsx";
import { type Column, VirtualTable } from "../parts/virtual-table.tsx";
import type { Exchange, ExchangeDifference } from "./exchange.ts";
import { MARK_WORDS, MARKS } from "./rows.ts";

/** Of one value beside the differences: the rest of it is in the bodies. */
const VALUE_CHARACTERS_MAX = 2000;
const ROW_PX = 30;

export interface DifferenceBarProps {
  readonly exchange: Exchange;
  readonly current: number | undefined;
  readonly onGo: (index: number) => void;
}

interface Listed extends ExchangeDifference {
  readonly index: number;
}

const toneOf = ({ class: found }: ExchangeDifference): Tone => (found === "additive" ? "info" : "bad");

const COLUMNS: readonly Column<Listed>[] = [
  {
    key: "number",
    title: "#",
    widthRem: 3.5,
    isNumber: true,
    render: ({ index }) => formatNumber(index + 1),
  },
  { key: "kind", title: "Kind", widthRem: 6, render: ({ kind }) => kind },
  { key: "class", title: "Class", widthRem: 5, render: (found) => found.class ?? "breaking" },
  { key: "part", title: "Part", widthRem: 4, render: ({ part }) => part },
  {
    key: "path",
    title: "Path",
    widthRem: 12,
    render: ({ path }) => <code title={path}>{pathWords(path)}</code>,
  },
  { key: "legacy", title: "Legacy", widthRem: 7.5, render: ({ legacy }) => <Short text={legacy} /> },
  {
    key: "candidate",
    title: "Candidate",
    widthRem: 12,
    render: ({ candidate }) => <Short text={candidate} />,
  },
];

function Short({ text }: { readonly text: string | undefined }) {
  return text === undefined ? <span class="muted">–</span> : <code>{text.slice(0, 120)}</code>;
}

function pathWords(path: string): string {
  return path === "" ? "(whole)" : path.slice(-200);
}

export function DifferenceBar({ exchange, current, onGo }: DifferenceBarProps) {
  const { differences, isCut } = exchange;
  const [isListed, setListed] = useState(differences.length > 1);
  const listed = useMemo(() => differences.map((found, index) => ({ ...found, index })), [differences]);
  const count = differences.length;
  if (count === 0) return null;
  const found = current === undefined ? undefined : differences[current];
  return (
    <section class="difference-bar" aria-label="Differences">
      <div class="ends">
        <p class="position" role="status">
          {current === undefined ? "" : `${formatNumber(current + 1)} of `}
          {formatNumber(count)} {count === 1 ? "difference" : "differences"}
          {isCut ? " listed; there are more" : ""}
        </p>
        <div class="row end">
          <button
            type="button"
            disabled={current === 0}
            onClick={() => onGo(current === undefined ? count - 1 : current - 1)}
          >
            ← Previous <kbd>p</kbd>
          </button>
          <button
            type="button"
            disabled={current === count - 1}
            onClick={() => onGo(current === undefined ? 0 : current + 1)}
          >
            Next <kbd>n</kbd> →
          </button>
          <button type="button" aria-expanded={isListed} onClick={() => setListed(!isListed)}>
            {isListed ? "Hide the list" : "Show the list"}
          </button>
        </div>
      </div>
      <div class={isListed ? "difference-parts listed" : "difference-parts"}>
        {found === undefined ? (
          <p class="muted">Press n to go from one to the next, or choose one.</p>
        ) : (
          <Shown found={found} />
        )}
        {isListed ? (
          <div class="difference-list">
            <VirtualTable
              label="Differences"
              columns={COLUMNS}
              rows={listed}
              keyOf={({ index }) => String(index)}
              rowHeightPx={ROW_PX}
              isSelected={({ index }) => index === current}
              onOpen={({ index }) => onGo(index)}
            />
          </div>
        ) : null}
      </div>
    </section>
  );
}

function Shown({ found }: { readonly found: ExchangeDifference }) {
  return (
    <div class="shown-difference">
      <p>
        <Badge tone={toneOf(found)} title={MARK_WORDS[MARKS[found.kind]]}>
          {found.kind}
        </Badge>{" "}
        <Badge tone="quiet">{found.class ?? "breaking"}</Badge> {found.part}{" "}
        {found.path === "" ? null : (
          <>
            <code class="path">{found.path.length > 300 ? `…${found.path.slice(-300)}` : found.path}</code>{" "}
            <CopyButton text={found.path} what="path" />
          </>
        )}
      </p>
      <dl class="difference-values">
        <Value
          side="legacy"
          label={found.kind === "violation" ? "The contract asks" : "Legacy"}
          text={found.legacy}
        />
        <Value side="candidate" label="Candidate" text={found.candidate} />
      </dl>
    </div>
  );
}

interface ValueProps {
  readonly side: "legacy" | "candidate";
  readonly label: string;
  readonly text: string | undefined;
}

function Value({ side, label, text }: ValueProps) {
  return (
    <div>
      <dt class={side}>{label}</dt>
      <dd>
        {text === undefined ? (
          <span class="muted">nothing there</span>
        ) : (
          <code>{text.length > VALUE_CHARACTERS_MAX ? `${text.slice(0, VALUE_CHARACTERS_MAX)}…` : text}</code>
        )}
      </dd>
    </div>
  );
}
