// Both bodies as they are stored, letter by letter, and the patch from the one to the other.
import { useState } from "preact/hooks";
import { formatNumber } from "../format.ts";
import { CopyButton } from "../parts/copy-button.tsx";
import type { Exchange, ExchangeMessage } from "./exchange.ts";
import { sizeWords } from "./words.ts";

/** Characters that are laid out before they are asked for: one line of a megabyte takes its time. */
const SHOWN_MAX = 100_000;

/** As high as it needs to be, within bounds: a row for each line, or for so many characters. */
function rowsOf(text: string): number {
  const lines = text.slice(0, 4000).split("\n").length + Math.floor(Math.min(text.length, 4000) / 160);
  return Math.max(2, Math.min(28, lines));
}

export function LongText({ label, text }: { readonly label: string; readonly text: string }) {
  const [isWhole, setWhole] = useState(false);
  const isCut = !isWhole && text.length > SHOWN_MAX;
  return (
    <>
      <textarea
        class="raw"
        readOnly
        spellcheck={false}
        aria-label={label}
        rows={rowsOf(text)}
        value={isCut ? text.slice(0, SHOWN_MAX) : text}
      />
      {isCut ? (
        <button type="button" onClick={() => setWhole(true)}>
          Show all {formatNumber(text.length)} characters
        </button>
      ) : null}
    </>
  );
}

function Body({
  label,
  message,
  side,
}: {
  readonly label: string;
  readonly message: ExchangeMessage;
  readonly side: string;
}) {
  return (
    <section class={`raw-side ${side}`}>
      <div class="ends">
        <h3>{label}</h3>
        {message.body === "" ? null : <CopyButton text={message.body} what={`${label} as stored`} />}
      </div>
      <p class="small muted">
        {sizeWords(message)}
        {message.bodyEncoding === "base64" ? " · not text: shown in base64" : ""}
      </p>
      {message.body === "" ? null : <LongText label={label} text={message.body} />}
    </section>
  );
}

export function RawView({ exchange }: { readonly exchange: Exchange }) {
  return (
    <div class="two-sides">
      <Body label="Body of the legacy" message={exchange.legacy} side="legacy-side" />
      <Body label="Body of the candidate" message={exchange.candidate} side="candidate-side" />
    </div>
  );
}

export function PatchView({ patch, verdict }: Pick<Exchange, "patch" | "verdict">) {
  if (patch === undefined)
    return (
      <p class="muted">
        {verdict === "mismatch"
          ? "There is no patch: not both bodies are JSON that could be kept whole."
          : "There is no patch where no difference is listed."}
      </p>
    );
  const text = JSON.stringify(patch, undefined, 2);
  return (
    <>
      <div class="ends">
        <p class="small muted">
          RFC 6902, from the legacy's body to the candidate's. Digits past double precision are right in the
          bodies alone.
        </p>
        <CopyButton text={text} what="patch" />
      </div>
      <LongText label="Patch" text={text} />
    </>
  );
}
