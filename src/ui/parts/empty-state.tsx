// Where there is nothing to show: why, and what to do about it.
import type { ComponentChildren } from "preact";

export interface EmptyStateProps {
  readonly title: string;
  /** What to do. */
  readonly children?: ComponentChildren;
}

export function EmptyState({ title, children }: EmptyStateProps) {
  return (
    <section class="empty">
      <h2>{title}</h2>
      {children}
    </section>
  );
}
