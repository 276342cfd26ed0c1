// Business numbers of the routes that are on their way, asked for beside everything else: a server that does not
// answer keeps no gate from being looked at. What was asked under another step says nothing of this one.
import type { KpiReader } from "../control/kpi-reader.ts";
import type { GateSettings, KpiReading, KpiSeen } from "../core/gate-settings.ts";

/** How old a number may be before it is asked for again. */
const KPI_AGE_MS_MAX = 15_000;

export interface KpiAsked {
  readonly route: string;
  /** The epoch of its step. */
  readonly since: number;
  readonly kpis: GateSettings["kpis"];
  /** What comes in the warm-up is shown, and is no evidence. */
  readonly isWarm: boolean;
}

interface Seen {
  readonly since: number;
  readonly askedAtMs: number;
  readonly isUnderWay: boolean;
  readonly readings: readonly KpiSeen[] | undefined;
}

function isOutside(reading: KpiReading): boolean {
  if (reading.kind === "unhealthy") return false;
  const { value, min, max } = reading;
  return (min !== undefined && value < min) || (max !== undefined && value > max);
}

export class KpiWatch {
  readonly #reader: Pick<KpiReader, "read">;
  readonly #monotonicMs: () => number;
  readonly #stopping = new AbortController();
  readonly #seen = new Map<string, Seen>();

  constructor(reader: Pick<KpiReader, "read">, monotonicMs: () => number) {
    this.#reader = reader;
    this.#monotonicMs = monotonicMs;
  }

  /** Asks for what is old, one round per route at a time. Resolves when all are answered: nobody needs to wait. */
  async ask(routes: readonly KpiAsked[]): Promise<void> {
    await Promise.all(routes.map((route) => this.#askRoute(route)));
  }

  async #askRoute({ route, since, kpis, isWarm }: KpiAsked): Promise<void> {
    const nowMs = this.#monotonicMs();
    const before = this.#seen.get(route);
    const isOfStep = before?.since === since;
    if (kpis.length === 0 || before?.isUnderWay === true) return;
    if (isOfStep && nowMs - before.askedAtMs < KPI_AGE_MS_MAX) return;
    const last = isOfStep ? before.readings : undefined;
    this.#seen.set(route, { since, askedAtMs: nowMs, isUnderWay: true, readings: last });
    const read = await Promise.all(kpis.map((kpi) => this.#reader.read(kpi, this.#stopping.signal)));
    const readings = read.map((reading) => {
      const inARow = last?.find(({ name }) => name === reading.name)?.outsideInARow ?? 0;
      // No number neither confirms the one before nor clears it.
      if (reading.kind === "unhealthy") return { ...reading, outsideInARow: inARow };
      return { ...reading, outsideInARow: isWarm && isOutside(reading) ? inARow + 1 : 0 };
    });
    this.#seen.set(route, { since, askedAtMs: nowMs, isUnderWay: false, readings });
  }

  /** Of the step; `unhealthy` until the first answer. */
  of({ route, since, kpis }: Omit<KpiAsked, "isWarm">): readonly KpiSeen[] {
    const seen = this.#seen.get(route);
    const readings = seen?.since === since ? seen.readings : undefined;
    return kpis.map(
      ({ name, min, max }) =>
        readings?.find((reading) => reading.name === name) ?? {
          name,
          min,
          max,
          kind: "unhealthy",
          why: "not asked yet",
          outsideInARow: 0,
        },
    );
  }

  stop(): void {
    this.#stopping.abort();
  }
}
