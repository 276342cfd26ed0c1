// A labelled field of a form, with what is wrong about it right below, told to who cannot see it.
import type { ComponentChild } from "preact";
import { useId } from "preact/hooks";
import { formatDate } from "../format.ts";

const DAY_MS = 86_400_000;
/** A month to think about it, a quarter to get it done. */
const EXPIRY_DAYS = [30, 90] as const;

/** To be spread on the input. */
export interface FieldIds {
  readonly id: string;
  readonly "aria-invalid": boolean;
  readonly "aria-describedby": string | undefined;
}

export interface FieldProps {
  readonly label: string;
  readonly hint?: string | undefined;
  readonly problem?: string | undefined;
  readonly children: (ids: FieldIds) => ComponentChild;
}

export function Field({ label, hint, problem, children }: FieldProps) {
  const id = useId();
  const isDescribed = problem !== undefined || hint !== undefined;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children({
        id,
        "aria-invalid": problem !== undefined,
        "aria-describedby": isDescribed ? `${id}-said` : undefined,
      })}
      {isDescribed ? (
        <span id={`${id}-said`} class={problem === undefined ? "muted small" : "bad small"}>
          {problem ?? hint}
        </span>
      ) : null}
    </div>
  );
}

export interface ExpiryFieldProps {
  readonly label: string;
  readonly value: string;
  readonly problem?: string | undefined;
  readonly onChange: (day: string) => void;
}

/** A day, with buttons for the usual spans. */
export function ExpiryField({ label, value, problem, onChange }: ExpiryFieldProps) {
  return (
    <Field label={label} problem={problem}>
      {(ids) => (
        <span class="row">
          <input
            {...ids}
            name="expires"
            type="date"
            min={formatDate(Date.now())}
            value={value}
            onInput={(event) => onChange(event.currentTarget.value)}
          />
          {EXPIRY_DAYS.map((days) => (
            <button key={days} type="button" onClick={() => onChange(formatDate(Date.now() + days * DAY_MS))}>
              {days} days
            </button>
          ))}
        </span>
      )}
    </Field>
  );
}
