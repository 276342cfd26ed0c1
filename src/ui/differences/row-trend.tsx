// A row's last day as a small line, asked for once the row is on the screen.
import { useEffect, useRef, useState } from "preact/hooks";
import { formatCount } from "../format.ts";
import { Sparkline } from "../parts/sparkline.tsx";
import { trendBins, trendWord } from "./trend-bins.ts";
import { useTrend } from "./trends.ts";

const BINS = 24;

export function RowTrend({ id }: { readonly id: string }) {
  const place = useRef<HTMLSpanElement>(null);
  const [isSeen, setSeen] = useState(false);
  useEffect(() => {
    const observer = new IntersectionObserver((entries) => {
      if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
      setSeen(true);
      observer.disconnect();
    });
    if (place.current !== null) observer.observe(place.current);
    return () => observer.disconnect();
  }, []);
  const trend = useTrend(id, isSeen);
  const bins = trend === undefined ? undefined : trendBins(trend, { nowMs: Date.now(), bins: BINS });
  return (
    <span class="row-trend" ref={place}>
      {bins === undefined ? null : (
        <Sparkline
          values={bins.map(({ exchanges }) => exchanges)}
          label={`${formatCount(
            bins.reduce((sum, { exchanges }) => sum + exchanges, 0),
            "exchange",
          )} in the last 24 hours, ${trendWord(bins)}`}
        />
      )}
    </span>
  );
}
