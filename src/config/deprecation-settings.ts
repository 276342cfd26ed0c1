// Config → what serving threads say and do of a deprecated route.
import type { Brownout, DeprecationSettings } from "../core/deprecation.ts";
import type { RoutePosition } from "./rollout-settings.ts";
import { type DeprecationConfig, WEEKDAYS } from "./schema-deprecation.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const WEEK_MS = 7 * DAY_MS;
/** 1 January 1970. */
const EPOCH_WEEKDAY = WEEKDAYS.indexOf("thursday");

function brownoutFrom(config: DeprecationConfig["brownouts"][number]): Brownout {
  const { from = "", to = "", every, weekday, at = "", minutes = 0 } = config;
  if (every === undefined) return { kind: "once", fromMs: Date.parse(from), toMs: Date.parse(to) };
  const [hour, minute] = at.split(":").map(Number);
  const inDayMs = (Number(hour) * 60 + Number(minute)) * MINUTE_MS;
  const days = weekday === undefined ? 0 : (WEEKDAYS.indexOf(weekday) - EPOCH_WEEKDAY + 7) % 7;
  return {
    kind: "recurring",
    everyMs: every === "day" ? DAY_MS : WEEK_MS,
    offsetMs: days * DAY_MS + inDayMs,
    lengthMs: minutes * MINUTE_MS,
  };
}

/** A sunset that somebody decided on while running counts where it is later. A killed route has no brownouts. */
export function deprecationFrom(
  config: DeprecationConfig | undefined,
  { sunset: extendedTo, isKilled = false }: Pick<RoutePosition, "sunset" | "isKilled">,
): DeprecationSettings | undefined {
  if (config === undefined) return undefined;
  const { at, sunset, link, policy, successor, brownouts, brownoutStatus } = config;
  const times = [sunset, extendedTo].flatMap((time) => (time === undefined ? [] : [Date.parse(time)]));
  // A deprecation that the config moved since is never overtaken.
  const sunsetMs = times.length === 0 ? undefined : Math.max(Date.parse(at), ...times);
  return {
    atMs: Date.parse(at),
    sunsetMs,
    link,
    policy,
    successor,
    brownouts: isKilled ? [] : brownouts.map(brownoutFrom),
    brownoutStatus,
  };
}
