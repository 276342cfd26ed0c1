// Buttons side by side, the last one nearest to the edge where the eye ends.
import type { ComponentChildren } from "preact";

export interface ButtonRowProps {
  readonly isAtEnd?: boolean;
  readonly children: ComponentChildren;
}

export function ButtonRow({ isAtEnd = false, children }: ButtonRowProps) {
  return <div class={isAtEnd ? "row end" : "row"}>{children}</div>;
}
