// From two stored bodies to what rows are made of: read in steps, so that the page stands before a large body does.
import { type BodyForm, bodyFormOf } from "../../core/media-type.ts";
import type { Exchange, ExchangeMessage } from "./exchange.ts";
import { type JsonBodies, jsonRows, type Located, locate } from "./json-rows.ts";
import { JsonTape } from "./json-tape.ts";
import { type Reading, readJson, readRecords } from "./read-json.ts";
import { type Folding, type Row, type Rows, rowsByDifference } from "./rows.ts";
import { alignText, foldText, type TextRow } from "./text-rows.ts";

export type Prepared =
  | { readonly kind: "json"; readonly bodies: JsonBodies; readonly located: Located }
  | { readonly kind: "text"; readonly aligned: readonly TextRow[] };

function formOf({ headers }: ExchangeMessage): BodyForm {
  return bodyFormOf(headers.find(([name]) => name.toLowerCase() === "content-type")?.[1]);
}

/** The body as text; undefined where it is none. */
function textOf({ body, bodyEncoding }: ExchangeMessage): string | undefined {
  return bodyEncoding === "utf8" ? body : undefined;
}

function readingOf(text: string, form: BodyForm, isCut: boolean): Reading {
  if (form === "ndjson") return readRecords(text, { isCut }, "\n");
  return form === "json-seq" ? readRecords(text, { isCut }, "\u001e") : readJson(text, { isCut });
}

const isTree = (form: BodyForm): boolean =>
  form === "json" || form === "ndjson" || form === "json-seq" || form === "unsaid";

/** Yields where something else may be done. */
export function* prepare(exchange: Exchange): Generator<void, Prepared> {
  const { legacy, candidate, differences, verdict, isCut } = exchange;
  const isAllListed = verdict !== "incomparable" && !isCut;
  const textL = textOf(legacy);
  const textR = textOf(candidate);
  const formL = legacy.body === "" ? formOf(candidate) : formOf(legacy);
  const formR = candidate.body === "" ? formL : formOf(candidate);
  if (textL === undefined || textR === undefined)
    return {
      kind: "text",
      aligned: alignText({ legacy: "", candidate: "", differences, isAllListed }, "whole"),
    };
  if (isTree(formL) && isTree(formR) && (textL !== "" || textR !== "")) {
    const tapeL = textL === "" ? undefined : yield* readingOf(textL, formL, legacy.isBodyCut);
    const tapeR = textR === "" ? undefined : yield* readingOf(textR, formR, candidate.isBodyCut);
    if ((textL === "" || tapeL !== undefined) && (textR === "" || tapeR !== undefined)) {
      const bodies: JsonBodies = { legacy: tapeL, candidate: tapeR, differences, isAllListed };
      return { kind: "json", bodies, located: locate(bodies, new JsonTape("")) };
    }
  }
  const isForm = formL === "form" && formR === "form";
  const bodies = { legacy: textL, candidate: textR, differences, isAllListed };
  return { kind: "text", aligned: alignText(bodies, isForm ? "form" : "lines") };
}

export function rowsOf(prepared: Prepared, folding: Folding): Rows {
  // Rows come back to the maker that made them, and to no other.
  return (
    prepared.kind === "json"
      ? jsonRows(prepared.bodies, prepared.located, folding)
      : foldText(prepared.aligned, folding)
  ) as Rows<Row>;
}

/** Differences that no row can be marked with: they stand in what is not stored, or cannot be shown. */
export function missingIn(prepared: Prepared, { differences }: Exchange): ReadonlySet<number> {
  if (prepared.kind === "json") return new Set(prepared.located.missing);
  const found = rowsByDifference(prepared.aligned);
  return new Set(
    differences.flatMap(({ part }, index) => (part === "body" && !found.has(index) ? [index] : [])),
  );
}
