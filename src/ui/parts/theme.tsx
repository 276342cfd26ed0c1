// Light, dark, or as the machine has it; kept in this browser.
import { useState } from "preact/hooks";

const KEPT_AS = "parallax-theme";
const THEMES = ["auto", "light", "dark"] as const;
type Theme = (typeof THEMES)[number];
/** Sent to the window when the colours may have changed: what is drawn on a canvas is drawn anew. */
export const THEME_CHANGED = "parallax-theme";

function keptTheme(): Theme {
  try {
    return THEMES.find((theme) => theme === localStorage.getItem(KEPT_AS)) ?? "auto";
  } catch {
    return "auto"; // a browser that keeps nothing
  }
}

function keep(theme: Theme): void {
  try {
    localStorage.setItem(KEPT_AS, theme);
  } catch {
    // A browser that keeps nothing: it holds until the page is left.
  }
}

function apply(theme: Theme): void {
  if (theme === "auto") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = theme;
  dispatchEvent(new Event(THEME_CHANGED));
}

/** Before anything is drawn. */
export function applyKeptTheme(): void {
  apply(keptTheme());
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () =>
    dispatchEvent(new Event(THEME_CHANGED)),
  );
}

export function ThemeSwitch() {
  const [theme, setTheme] = useState(keptTheme);
  return (
    <select
      aria-label="Theme"
      value={theme}
      onChange={(event) => {
        const next = THEMES.find((each) => each === event.currentTarget.value) ?? "auto";
        setTheme(next);
        keep(next);
        apply(next);
      }}
    >
      {THEMES.map((each) => (
        <option key={each} value={each}>
          {each === "auto" ? "auto theme" : each}
        </option>
      ))}
    </select>
  );
}
