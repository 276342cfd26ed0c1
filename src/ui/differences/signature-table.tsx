// A page of signatures, under their endpoints or one after the other; one row is current, some are chosen.
import type { SignatureAnswer } from "../../admin/schemas.ts";
import { formatCount, formatNumber } from "../format.ts";
import { StateBadge, TierBadge } from "../parts/badge.tsx";
import { useNow } from "../parts/now.ts";
import { Time } from "../parts/time.tsx";
import { Link } from "../router.tsx";
import { seenPairs } from "../rules/seen-values.ts";
import { grouped } from "./filters.ts";
import { RowTrend } from "./row-trend.tsx";
import { ClassBadge, KindBadge, PathText } from "./signature-badges.tsx";
import { ValuePair } from "./values.tsx";
import { decisionWords, differenceWords } from "./words.ts";

const NOW_STEP_MS = 30_000;
const COLUMNS = 8;
/** More than any screen has room for: the cell cuts what it has no room for. */
const VALUE_CHARACTERS = 200;

export interface SignatureTableProps {
  readonly rows: readonly SignatureAnswer[];
  readonly isFlat: boolean;
  readonly currentId: string | undefined;
  readonly chosen: ReadonlySet<string>;
  readonly onChoose: (id: string) => void;
  readonly onCurrent: (id: string) => void;
}

/** The link of a row: what gets the focus when the row becomes the current one. */
export const rowLinkId = (id: string) => `signature-${id}`;

export function SignatureTable(props: SignatureTableProps) {
  const { rows, isFlat } = props;
  const groups = isFlat ? [{ endpoint: "", rows }] : grouped(rows);
  return (
    <table class="signatures">
      <caption class="unseen">Signatures of differences; j and k go from one to the next</caption>
      <thead>
        <tr>
          <th scope="col">
            <span class="unseen">Chosen</span>
          </th>
          <th scope="col">What differs</th>
          <th scope="col">Most often: legacy → candidate</th>
          <th scope="col" class="number">
            Differences
          </th>
          <th scope="col">Trend</th>
          <th scope="col">Seen</th>
          <th scope="col">Evidence</th>
          <th scope="col">Decision</th>
        </tr>
      </thead>
      {groups.map((group) => (
        <tbody key={group.endpoint}>
          {isFlat ? null : (
            <tr class="endpoint">
              <th colSpan={COLUMNS} scope="rowgroup">
                <Link to={`/differences?${new URLSearchParams({ endpoint: group.endpoint })}`}>
                  <code>{group.endpoint}</code>
                </Link>{" "}
                <span class="muted">{groupWords(group.rows)}</span>
              </th>
            </tr>
          )}
          {group.rows.map((signature) => (
            <Row key={signature.id} signature={signature} {...props} />
          ))}
        </tbody>
      ))}
    </table>
  );
}

function groupWords(rows: readonly SignatureAnswer[]): string {
  const differences = rows.reduce((sum, { count }) => sum + count, 0);
  return `${formatCount(rows.length, "signature")} · ${formatCount(differences, "difference")}`;
}

type RowProps = Omit<SignatureTableProps, "rows"> & { readonly signature: SignatureAnswer };

function Row({ signature, isFlat, currentId, chosen, onChoose, onCurrent }: RowProps) {
  const { id, endpoint, count, exchanges, firstSeenMs, lastSeenMs, tier, state, owner, triage, comments } =
    signature;
  const now = useNow(NOW_STEP_MS);
  const [top] = seenPairs(signature);
  const decision = decisionWords(signature, now);
  return (
    <tr class={id === currentId ? "current" : undefined} onFocusCapture={() => onCurrent(id)}>
      <td class="choose">
        <input
          type="checkbox"
          aria-label={`Choose ${signature.path || signature.part} at ${endpoint}`}
          checked={chosen.has(id)}
          onChange={() => onChoose(id)}
        />
      </td>
      <td class="what">
        <Link to={`/differences/${encodeURIComponent(id)}`} id={rowLinkId(id)}>
          <PathText {...signature} />
        </Link>{" "}
        <KindBadge {...signature} /> <ClassBadge signature={signature} />
        {isFlat ? <code class="muted small">{endpoint}</code> : null}
        <p class="muted small">{differenceWords(signature)}</p>
      </td>
      <td class="values">
        {top === undefined ? null : <ValuePair {...top} charactersMax={VALUE_CHARACTERS} isStacked />}
      </td>
      <td class="number">
        {formatNumber(count)}
        <p class="muted small">in {formatCount(exchanges, "exchange")}</p>
      </td>
      <td>
        <RowTrend id={id} />
      </td>
      <td class="when">
        <Time atMs={lastSeenMs} />
        <p class="muted small">
          first <Time atMs={firstSeenMs} />
        </p>
      </td>
      <td>
        <TierBadge tier={tier} />
      </td>
      <td>
        <StateBadge state={state} />
        {owner === null ? null : <span class="owner"> {owner}</span>}
        {comments === 0 ? null : <span class="muted small"> {formatCount(comments, "comment")}</span>}
        {decision === "" ? null : (
          <p class={state === "reopened" ? "bad small" : "muted small"}>{decision}</p>
        )}
        {state === "bug" && triage?.link !== undefined ? (
          <a class="small" href={triage.link} target="_blank" rel="noreferrer">
            {triage.link}
          </a>
        ) : null}
      </td>
    </tr>
  );
}
