// Status and headers of both answers side by side. The judge's differences are marked; what merely is not the same
// is said to be just that.
import { Badge } from "../parts/badge.tsx";
import type { Exchange, ExchangeMessage } from "./exchange.ts";
import { MARK_WORDS, MARKS } from "./rows.ts";
import { statusWords } from "./words.ts";

interface HeadRow {
  readonly name: string;
  readonly legacy: readonly string[];
  readonly candidate: readonly string[];
  /** Differences that the judge found here. */
  readonly differences: readonly number[];
}

function valuesOf({ headers }: ExchangeMessage): ReadonlyMap<string, readonly string[]> {
  const values = new Map<string, string[]>();
  for (const [name, value] of headers) {
    const known = values.get(name.toLowerCase());
    if (known === undefined) values.set(name.toLowerCase(), [value]);
    else known.push(value);
  }
  return values;
}

/** Status first, then headers by name. */
export function headRows({ legacy, candidate, differences }: Exchange): readonly HeadRow[] {
  const found = new Map<string, number[]>();
  for (const [index, { part, path }] of differences.entries()) {
    if (part === "body") continue;
    // Below a header's name: `set-cookie/sid/path`. A name has no slash.
    const name = part === "status" ? "" : (path.split("/", 1)[0] ?? "").toLowerCase();
    const known = found.get(name);
    if (known === undefined) found.set(name, [index]);
    else known.push(index);
  }
  const headersL = valuesOf(legacy);
  const headersR = valuesOf(candidate);
  const names = [...new Set([...headersL.keys(), ...headersR.keys(), ...found.keys()])].filter(
    (name) => name !== "",
  );
  const status: HeadRow = {
    name: "status",
    legacy: [statusWords(legacy)],
    candidate: [statusWords(candidate)],
    differences: found.get("") ?? [],
  };
  return [
    status,
    ...names.sort().map((name) => ({
      name,
      legacy: headersL.get(name) ?? [],
      candidate: headersR.get(name) ?? [],
      differences: found.get(name) ?? [],
    })),
  ];
}

const isSame = ({ legacy, candidate }: HeadRow): boolean =>
  legacy.length === candidate.length && legacy.every((value, at) => value === candidate[at]);

export interface HeadsViewProps {
  readonly exchange: Exchange;
  readonly current: number | undefined;
}

export function HeadsView({ exchange, current }: HeadsViewProps) {
  return (
    <table class="heads">
      <thead>
        <tr>
          <th scope="col">Name</th>
          <th scope="col">Legacy</th>
          <th scope="col">Candidate</th>
          <th scope="col">Judged</th>
        </tr>
      </thead>
      <tbody>
        {headRows(exchange).map((row) => (
          <tr
            key={row.name}
            class={`${row.differences.length > 0 ? "changed" : ""} ${
              current !== undefined && row.differences.includes(current) ? "current" : ""
            }`}
            ref={(element) => {
              if (current !== undefined && row.differences.includes(current))
                element?.scrollIntoView({ block: "nearest" });
            }}
          >
            <th scope="row">
              <code>{row.name}</code>
            </th>
            <Values values={row.legacy} />
            <Values values={row.candidate} />
            <td>
              <Judged row={row} exchange={exchange} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Values({ values }: { readonly values: readonly string[] }) {
  return (
    <td>
      {values.length === 0 ? <span class="muted">–</span> : null}
      {values.map((value, at) => (
        <div key={at}>
          <code>{value}</code>
        </div>
      ))}
    </td>
  );
}

function Judged({ row, exchange }: { readonly row: HeadRow; readonly exchange: Exchange }) {
  const found = row.differences.map((index) => exchange.differences[index]);
  if (found.length === 0)
    return <span class="muted">{isSame(row) ? "same" : "not the same, no difference to the judge"}</span>;
  return (
    <>
      {found.map((difference, at) =>
        difference === undefined ? null : (
          <div key={at}>
            <Badge
              tone={difference.class === "additive" ? "info" : "bad"}
              title={MARK_WORDS[MARKS[difference.kind]]}
            >
              {difference.kind}
            </Badge>{" "}
            {difference.path.includes("/") ? <code class="small">{difference.path}</code> : null}
          </div>
        ),
      )}
    </>
  );
}
