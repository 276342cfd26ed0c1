// Value, bound and threshold on one line: a bar, a whisker, and a tick with what lies beyond it hatched.
import { useId } from "preact/hooks";
import { bulletOf, type Check } from "./bullet.ts";
import { measureWords } from "./numbers.ts";

const WIDTH = 120;
const HEIGHT = 16;
const MIDDLE = HEIGHT / 2;

export function Bullet({ check }: { readonly check: Check }) {
  const hatch = useId();
  const bullet = bulletOf(check);
  const title = measureWords(check);
  if (bullet === undefined) return <span class="muted">nothing measured</span>;
  const { zero, value, bound, threshold, direction } = bullet;
  const x = (place: number) => 1 + place * (WIDTH - 2);
  const refused =
    threshold === null || direction === "unknown"
      ? undefined
      : direction === "at-most"
        ? { from: x(threshold), to: WIDTH }
        : { from: 0, to: x(threshold) };
  return (
    <svg
      class={`bullet ${check.verdict}`}
      role="img"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
    >
      <title>{title}</title>
      <defs>
        <pattern id={hatch} width="4" height="4" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <line class="hatch" x1="0" y1="0" x2="0" y2="4" />
        </pattern>
      </defs>
      <rect class="ground" x={0} y={3} width={WIDTH} height={HEIGHT - 6} />
      {refused === undefined ? null : (
        <rect
          x={refused.from}
          y={3}
          width={refused.to - refused.from}
          height={HEIGHT - 6}
          fill={`url(#${hatch})`}
        />
      )}
      {value === null ? null : (
        <rect
          class="value"
          x={Math.min(x(zero), x(value))}
          y={MIDDLE - 2.5}
          width={Math.max(1.5, Math.abs(x(value) - x(zero)))}
          height={5}
        />
      )}
      {bound === null ? null : (
        <>
          <line class="bound" x1={x(value ?? zero)} x2={x(bound)} y1={MIDDLE} y2={MIDDLE} />
          <line class="bound" x1={x(bound)} x2={x(bound)} y1={MIDDLE - 4} y2={MIDDLE + 4} />
        </>
      )}
      {threshold === null ? null : (
        <line class="threshold" x1={x(threshold)} x2={x(threshold)} y1={0} y2={HEIGHT} />
      )}
    </svg>
  );
}
