// What of a scrolling element is in sight, in pixels: told anew when it scrolls and when its size changes.
import type { RefObject } from "preact";
import { useLayoutEffect, useState } from "preact/hooks";

/** Until the height is known. */
const HEIGHT_PX = 800;

export interface View {
  readonly topPx: number;
  readonly heightPx: number;
}

export function useViewOf(scroller: RefObject<HTMLElement | null>): View {
  const [view, setView] = useState<View>({ topPx: 0, heightPx: HEIGHT_PX });
  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    const read = () => setView({ topPx: element.scrollTop, heightPx: element.clientHeight });
    const observer = new ResizeObserver(read);
    observer.observe(element);
    element.addEventListener("scroll", read, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener("scroll", read);
    };
  }, []);
  return view;
}
