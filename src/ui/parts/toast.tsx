// What an action led to, said in a corner and to who cannot see it. What failed stays until it is closed.
import { useEffect, useState } from "preact/hooks";
import type { ApiFailure } from "../api.ts";

interface Toast {
  readonly id: number;
  readonly text: string;
  readonly isFailure: boolean;
}

const SHOWN_MS = 6000;
/** More than this nobody reads; the oldest goes. */
const TOASTS_MAX = 4;
let toasts: readonly Toast[] = [];
let lastId = 0;
let onChange: () => void = () => undefined;

function replace(next: readonly Toast[]): void {
  toasts = next.slice(-TOASTS_MAX);
  onChange();
}

function close(id: number): void {
  replace(toasts.filter((toast) => toast.id !== id));
}

function add(text: string, isFailure: boolean): number {
  const id = ++lastId;
  replace([...toasts, { id, text, isFailure }]);
  return id;
}

/** Something was done: `Accepted 3 signatures`. */
export function announce(text: string): void {
  const id = add(text, false);
  setTimeout(() => close(id), SHOWN_MS);
}

/** Something could not be done. */
export function announceFailure(failure: ApiFailure): void {
  add([failure.message, ...failure.problems].join(" · "), true);
}

/** Once in the frame. */
export function Toasts() {
  const [shown, setShown] = useState(toasts);
  useEffect(() => {
    onChange = () => setShown(toasts);
    onChange();
    return () => {
      onChange = () => undefined;
    };
  }, []);
  return (
    <div class="toasts" role="status" aria-live="polite">
      {shown.map(({ id, text, isFailure }) => (
        <div key={id} class={isFailure ? "toast bad" : "toast"}>
          <span>
            {isFailure ? <strong>Failed: </strong> : null}
            {text}
          </span>
          <button type="button" class="quiet" aria-label="Close this message" onClick={() => close(id)}>
            ✕
          </button>
        </div>
      ))}
    </div>
  );
}
