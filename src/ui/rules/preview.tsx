// What a rule would hide of the stored samples: asked anew when the rule or its scope changes.
import { useEffect, useState } from "preact/hooks";
import type { PreviewAnswer } from "../../admin/rule-schemas.ts";
import type { Rule } from "../../core/rule.ts";
import { type ApiFailure, send } from "../api.ts";
import { PathText } from "../differences/signature-badges.tsx";
import { ValuePair } from "../differences/values.tsx";
import { formatCount, formatNumber } from "../format.ts";
import { Failure } from "../parts/failure.tsx";
import { Loading } from "../parts/loading.tsx";
import { Link } from "../router.tsx";
import { previewBody } from "./rule-form.ts";
import { previewWarnings, previewWords } from "./rule-words.ts";

const BUSY_MS = 500;

interface PreviewProps {
  readonly rule: Rule;
  readonly route: string | undefined;
}

type State =
  | { readonly kind: "asking" }
  | { readonly kind: "ok"; readonly preview: PreviewAnswer }
  | { readonly kind: "failed"; readonly failure: ApiFailure };

export function Preview({ rule, route }: PreviewProps) {
  const [state, setState] = useState<State>({ kind: "asking" });
  const [turn, setTurn] = useState(0);
  const body = JSON.stringify(previewBody(rule, route));
  // `turn` is not read: it only asks again.
  useEffect(() => {
    let isOld = false;
    let again: ReturnType<typeof setTimeout> | undefined;
    setState({ kind: "asking" });
    send<PreviewAnswer>("POST", "/api/rules/preview", JSON.parse(body)).then(
      (result) => {
        if (isOld) return;
        // The one before is under way still, or somebody else's.
        if (result.kind === "failed" && result.failure.code === "preview-busy")
          again = setTimeout(() => setTurn((before) => before + 1), BUSY_MS);
        else setState(result.kind === "ok" ? { kind: "ok", preview: result.value } : result);
      },
      () => undefined, // only an abort rejects, and nobody aborts it
    );
    return () => {
      isOld = true;
      clearTimeout(again);
    };
  }, [body, turn]);
  return (
    <section class="preview" aria-live="polite" aria-label="Preview">
      <h3>What it would hide</h3>
      {state.kind === "asking" ? <Loading label="the preview" lines={4} /> : null}
      {state.kind === "failed" ? (
        <>
          <Failure failure={state.failure} />
          <button type="button" onClick={() => setTurn((before) => before + 1)}>
            Try again
          </button>
        </>
      ) : null}
      {state.kind === "ok" ? <Previewed preview={state.preview} /> : null}
    </section>
  );
}

function Previewed({ preview }: { readonly preview: PreviewAnswer }) {
  const { samples, matching, hidden, differences, examples } = preview;
  return (
    <>
      <p class="lead">{previewWords(preview)}</p>
      {samples === 0 ? null : (
        <p class="muted small">
          Judged again: {formatCount(samples, "stored sample")}; {formatNumber(hidden)} of{" "}
          {formatCount(differences, "difference")} in them would be hidden, and{" "}
          {formatCount(matching, "sample")} would match.
        </p>
      )}
      {previewWarnings(preview).map((warning) => (
        <p key={warning} class="warn">
          {warning}
        </p>
      ))}
      <Signatures title="Hidden wholly" rows={preview.wholly} />
      <Signatures title="Hidden in part" rows={preview.partly} />
      {examples.length === 0 ? null : (
        <>
          <h4>Of what it would hide</h4>
          <ul class="plain">
            {examples.map(({ exchangeId, part, path, legacy, candidate }) => (
              <li key={`${exchangeId} ${path}`}>
                <PathText part={part} path={path} /> <ValuePair legacy={legacy} candidate={candidate} />
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}

interface SignaturesProps {
  readonly title: string;
  readonly rows: PreviewAnswer["wholly"];
}

function Signatures({ title, rows }: SignaturesProps) {
  if (rows.length === 0) return null;
  return (
    <>
      <h4>{title}</h4>
      <ul class="plain">
        {rows.map(({ id, endpoint, part, path, kind, stored, hidden, differences }) => (
          <li key={id}>
            <Link to={`/differences/${encodeURIComponent(id)}`}>
              <PathText part={part} path={path} />
            </Link>{" "}
            <span class="muted small">
              {kind} at <code>{endpoint}</code> · {formatNumber(hidden)} of {formatNumber(differences)} in
              samples, {formatNumber(stored)} so far
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}
