// The title of the tab, for a view of one thing among many: a colleague has ten of them open.
import { useEffect } from "preact/hooks";

export function useTitle(text: string): void {
  useEffect(() => {
    document.title = `${text} · Parallax`;
  }, [text]);
}
