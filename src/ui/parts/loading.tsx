// Stands where an answer will be, as high as it will be, so that nothing jumps.

export interface LoadingProps {
  /** What is loaded, for who cannot see it. */
  readonly label: string;
  readonly lines?: number;
}

export function Loading({ label, lines = 6 }: LoadingProps) {
  return (
    <div class="loading" role="status">
      <span class="unseen">Loading {label}</span>
      {Array.from({ length: lines }, (_, line) => (
        <i key={line} />
      ))}
    </div>
  );
}
