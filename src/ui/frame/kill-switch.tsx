// The kill switch: its state for all, the switch itself for operators, after a question.
import { useState } from "preact/hooks";
import type { KillResult } from "../../admin/schemas.ts";
import { type ApiFailure, send } from "../api.ts";
import { useEvents } from "../events.ts";
import { ButtonRow } from "../parts/button-row.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { Failure } from "../parts/failure.tsx";
import { Field } from "../parts/field.tsx";
import { announce } from "../parts/toast.tsx";
import { useMe } from "./me.tsx";

/** As the API takes it. */
const REASON_CHARACTERS_MAX = 1000;

export function KillSwitch() {
  const { summary } = useEvents();
  const me = useMe();
  const [isAsking, setAsking] = useState(false);
  if (summary === undefined) return null;
  const { isKilled } = summary;
  const mayChange = me === undefined || me.role === "operator";
  return (
    <>
      {mayChange ? (
        <button type="button" class={isKilled ? "danger" : undefined} onClick={() => setAsking(true)}>
          {isKilled ? "Kill switch off …" : "Kill switch …"}
        </button>
      ) : isKilled ? (
        <strong class="bad">Kill switch on</strong>
      ) : null}
      {isAsking ? <KillDialog isKilled={isKilled} onClose={() => setAsking(false)} /> : null}
    </>
  );
}

function KillDialog({ isKilled, onClose }: { readonly isKilled: boolean; readonly onClose: () => void }) {
  const [failure, setFailure] = useState<ApiFailure>();
  const [isBusy, setBusy] = useState(false);
  const [reason, setReason] = useState("");
  const change = async () => {
    setBusy(true);
    const why = reason.trim();
    const body = why === "" ? undefined : { reason: why };
    const result = await send<KillResult>(isKilled ? "DELETE" : "POST", "/api/kill", body);
    setBusy(false);
    if (result.kind === "failed") return setFailure(result.failure);
    const { message } = result.value;
    announce(
      `${isKilled ? "Kill switch off" : "Kill switch on"}${message === undefined ? "" : `: ${message}`}`,
    );
    onClose();
  };
  return (
    <Dialog title={isKilled ? "Turn the kill switch off?" : "Turn the kill switch on?"} onClose={onClose}>
      <p>
        {isKilled
          ? "Each route goes on where it stands: the candidate gets its share of the clients again, requests are mirrored, and evidence is gathered."
          : "Every client of every route is served by the legacy at once, nothing is sent to the candidate, and no evidence is gathered. It stays on over restarts until somebody turns it off."}
      </p>
      <Field label="Reason" hint="Optional; the audit log has it beside your name.">
        {(ids) => (
          <input
            {...ids}
            class="whole"
            maxLength={REASON_CHARACTERS_MAX}
            placeholder={isKilled ? "the database has moved" : "the candidate's database is being moved"}
            value={reason}
            onInput={(event) => setReason(event.currentTarget.value)}
          />
        )}
      </Field>
      {failure === undefined ? null : <Failure failure={failure} />}
      <ButtonRow isAtEnd>
        <button type="button" onClick={onClose}>
          Cancel
        </button>
        <button type="button" class={isKilled ? "primary" : "danger"} disabled={isBusy} onClick={change}>
          {isKilled ? "Turn it off" : "All to the legacy"}
        </button>
      </ButtonRow>
    </Dialog>
  );
}
