// A small line of how something went; the words beside it say what it is.

const WIDTH = 96;
const HEIGHT = 20;

export interface SparklineProps {
  readonly values: readonly number[];
  /** What it shows, in words: `12 a minute, rising`. */
  readonly label: string;
}

export function Sparkline({ values, label }: SparklineProps) {
  const highest = Math.max(1, ...values);
  const step = WIDTH / Math.max(1, values.length - 1);
  const points = values.map(
    (value, at) => `${(at * step).toFixed(1)},${(HEIGHT - (value / highest) * HEIGHT).toFixed(1)}`,
  );
  return (
    <svg class="sparkline" role="img" width={WIDTH} height={HEIGHT} viewBox={`0 0 ${WIDTH} ${HEIGHT}`}>
      <title>{label}</title>
      <polyline points={points.join(" ")} />
    </svg>
  );
}
