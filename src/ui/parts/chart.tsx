// Lines over time, drawn by uPlot in the colours of the theme and as wide as there is room.
// A canvas says nothing to who cannot see it, so each has a sentence that says the same.
import { useEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { THEME_CHANGED } from "./theme.tsx";

export interface ChartSeries {
  readonly name: string;
  /** A colour of tokens.css: `--legacy`. */
  readonly colour: string;
  readonly isFilled?: boolean;
  readonly isDashed?: boolean;
  /** One for each time; null where there is none, which is a gap. */
  readonly values: readonly (number | null)[];
}

export interface ChartProps {
  /** What it shows, and what is to be seen in it. */
  readonly title: string;
  readonly sentence: string;
  readonly atSeconds: readonly number[];
  /** The last is drawn first, so that of filled ones the smallest is on top. */
  readonly series: readonly ChartSeries[];
  readonly format: (value: number) => string;
  readonly heightPx?: number;
  readonly range?: (lowest: number, highest: number) => readonly [number, number];
}

const HEIGHT_PX = 170;
const AXIS_PX = 64;
const FACE = "12px system-ui, sans-serif";

function colourOf(token: string): string {
  // light-dark() is resolved where it is used, not where it is declared.
  const probe = document.createElement("i");
  probe.style.color = `var(${token})`;
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

function faint(colour: string): string {
  return colour.replace("rgb(", "rgba(").replace(")", ", 0.22)");
}

function optionsOf(
  { series, format, range, heightPx = HEIGHT_PX }: ChartProps,
  width: number,
): uPlot.Options {
  const muted = colourOf("--muted");
  const grid = { stroke: colourOf("--line"), width: 1 };
  const axis = { stroke: muted, grid, ticks: grid, font: FACE };
  return {
    width,
    height: heightPx,
    cursor: { y: false, drag: { x: false, y: false }, sync: { key: "time" } },
    legend: { live: true },
    scales: {
      y: {
        range: (_plot, lowest, highest) =>
          [...(range?.(lowest ?? 0, highest ?? 0) ?? [0, Math.max(1, highest * 1.05)])] as [number, number],
      },
    },
    axes: [
      {
        ...axis,
        space: 70,
        size: 34,
        values: (_plot, marks, _at, _space, apart) => marks.map((mark) => timeMark(mark, apart)),
      },
      { ...axis, size: AXIS_PX, values: (_plot, marks) => marks.map(format) },
    ],
    series: [
      { label: "time", value: (_plot, at: number | null) => (at === null ? "–" : timeMark(at, 0)) },
      ...series.map(({ name, colour, isFilled = false, isDashed = false }) => ({
        label: name,
        stroke: colourOf(colour),
        width: 2,
        points: { size: 5, filter: lonePoints },
        ...(isFilled ? { fill: faint(colourOf(colour)) } : {}),
        ...(isDashed ? { dash: [5, 4] } : {}),
        value: (_plot: uPlot, value: number | null) => (value === null ? "–" : format(value)),
      })),
    ],
  };
}

/** A point without neighbours is on no line, and would not be seen. */
function lonePoints(plot: uPlot, series: number, isEachShown: boolean): number[] | null {
  if (isEachShown) return null;
  const values = plot.data[series] ?? [];
  const isThere = (at: number) => values[at] !== null && values[at] !== undefined;
  return [...values.keys()].filter((at) => isThere(at) && !isThere(at - 1) && !isThere(at + 1));
}

const DAY_SECONDS = 86_400;

/** The date where marks are days apart, the date and the time for one moment, else the time. */
function timeMark(atSeconds: number, apartSeconds: number): string {
  const date = { month: "short", day: "numeric" } as const;
  const time = { hour: "2-digit", minute: "2-digit" } as const;
  const options = apartSeconds >= DAY_SECONDS ? date : apartSeconds === 0 ? { ...date, ...time } : time;
  return new Intl.DateTimeFormat("en-GB", options).format(atSeconds * 1000);
}

/** Counts up when the colours may have changed. */
function useThemeTurn(): number {
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const next = () => setTurn((before) => before + 1);
    addEventListener(THEME_CHANGED, next);
    return () => removeEventListener(THEME_CHANGED, next);
  }, []);
  return turn;
}

export function Chart(props: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const newest = useRef(props);
  newest.current = props;
  const theme = useThemeTurn();
  const shape = props.series.map(({ name }) => name).join();
  const dataOf = ({ atSeconds, series }: ChartProps): uPlot.AlignedData => [
    [...atSeconds],
    ...series.map(({ values }) => [...values]),
  ];
  // The plot is made anew for other lines and other colours, and is given new values otherwise.
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    plot.current = new uPlot(optionsOf(newest.current, element.clientWidth), dataOf(newest.current), element);
    const { height } = plot.current;
    const observer = new ResizeObserver(() => plot.current?.setSize({ width: element.clientWidth, height }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      plot.current?.destroy();
      plot.current = undefined;
    };
  }, [shape, theme]);
  useEffect(() => {
    plot.current?.setData(dataOf(props));
  }, [props.atSeconds, props.series]);
  return (
    <figure class="chart">
      <figcaption>
        <strong>{props.title}</strong> <span class="muted">{props.sentence}</span>
      </figcaption>
      <div ref={place} aria-hidden="true" />
    </figure>
  );
}
