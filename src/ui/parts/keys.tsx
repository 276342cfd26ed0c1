// Keys that do something wherever the focus is, but in a field or a dialog; `?` shows all that there are.
import { useEffect, useRef, useState } from "preact/hooks";
import { Dialog } from "./dialog.tsx";

export interface KeyBinding {
  /** What it does, for the list: `Next row`. */
  readonly text: string;
  readonly run: () => void;
}

/** `j`, `?`, `Escape`, or two after one another: `g d`. */
export type KeyBindings = Readonly<Record<string, KeyBinding>>;

/** The second key of two must follow within this. */
const SECOND_KEY_MS = 1000;
const registered = new Set<{ current: KeyBindings }>();
let first: { readonly key: string; readonly atMs: number } | undefined;

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable ||
      (/^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) && !target.matches("[type=checkbox], [type=radio]")))
  );
}

/** Of what is bound twice, the view that came last. */
function bindingOf(keys: string): KeyBinding | undefined {
  return [...registered].reverse().find(({ current }) => current[keys] !== undefined)?.current[keys];
}

function onKeyDown(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (isTyping(event.target) || document.querySelector("dialog[open]") !== null) return;
  const isSecond = first !== undefined && Date.now() - first.atMs < SECOND_KEY_MS;
  const binding = (isSecond ? bindingOf(`${first?.key} ${event.key}`) : undefined) ?? bindingOf(event.key);
  first = { key: event.key, atMs: Date.now() };
  if (binding === undefined) return;
  first = undefined;
  event.preventDefault();
  binding.run();
}

/** In force while the component is there; they may change with every drawing. */
export function useKeys(bindings: KeyBindings): void {
  const holder = useRef(bindings);
  holder.current = bindings;
  useEffect(() => {
    if (registered.size === 0) addEventListener("keydown", onKeyDown);
    registered.add(holder);
    return () => {
      registered.delete(holder);
      if (registered.size === 0) removeEventListener("keydown", onKeyDown);
    };
  }, []);
}

/** Once in the frame: binds `?`, and has a button for who does not know of it. */
export function KeyHelp() {
  const [isOpen, setOpen] = useState(false);
  useKeys({ "?": { text: "Show these keys", run: () => setOpen(true) } });
  const all = new Map([...registered].flatMap(({ current }) => Object.entries(current)));
  return (
    <>
      <button type="button" class="quiet" aria-label="Keys" title="Keys (?)" onClick={() => setOpen(true)}>
        <kbd>?</kbd>
      </button>
      {isOpen ? (
        <Dialog title="Keys" onClose={() => setOpen(false)}>
          <dl class="keys">
            {[...all].map(([keys, { text }]) => [
              <dt key={keys}>
                {keys.split(" ").map((key) => (
                  <kbd key={key}>{key}</kbd>
                ))}
              </dt>,
              <dd key={`${keys} text`}>{text}</dd>,
            ])}
          </dl>
        </Dialog>
      ) : null}
    </>
  );
}
