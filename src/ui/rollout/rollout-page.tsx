// The migration board: every route, where it stands, what the candidate serves, and what the evidence says.
import { useMemo, useRef } from "preact/hooks";
import type { JournalEntryAnswer, RolloutRouteAnswer } from "../../admin/rollout-schemas.ts";
import { useEvents } from "../events.ts";
import { formatCount, formatNumber } from "../format.ts";
import { useTotals } from "../frame/totals.ts";
import { Choice } from "../parts/choice.tsx";
import { EmptyState } from "../parts/empty-state.tsx";
import { Failure } from "../parts/failure.tsx";
import { useKeys } from "../parts/keys.tsx";
import { Loading } from "../parts/loading.tsx";
import { VirtualTable } from "../parts/virtual-table.tsx";
import { navigate, useAddressQuery } from "../router.tsx";
import { BOARD_COLUMNS } from "./board-columns.tsx";
import {
  attentionOf,
  type BoardFilter,
  filterRoutes,
  isDescendingFirst,
  SORT_KEYS,
  sortRoutes,
} from "./board-order.ts";
import type { BoardRoute } from "./board-route.ts";
import { Entries } from "./journal.tsx";
import { AGAIN_MS, AsOf, useLiveAnswer } from "./load.tsx";
import { RouteCard, routeAddress } from "./route-card.tsx";
import { STAGE_ORDER } from "./track.ts";
import { isOfSomebody } from "./words.ts";
import "./rollout.css";
import "./route.css";

const SHOWN = [
  { value: "all", text: "All" },
  { value: "attention", text: "Worth a look" },
  { value: "ready", text: "Ready to promote" },
] as const;
const FIRST_ORDER = "attention";
/** Beyond this a table tells more than cards, and costs less. */
const CARDS_MAX = 24;
const ROW_HEIGHT_PX = 60;
/** A second more between two questions for so many routes: a thousand are half a megabyte. */
const ROUTES_PER_SECOND = 200;
const LATELY = 6;

/** In full for cards, in brief for a table of many. */
interface Routes {
  readonly routes: readonly (RolloutRouteAnswer | BoardRoute)[];
}
interface Journal {
  readonly entries: readonly JournalEntryAnswer[];
}

export function RolloutPage() {
  const query = useAddressQuery();
  const size = useRef(0);
  const totals = useTotals();
  const isMany = (totals?.routes ?? 0) > CARDS_MAX;
  const answer = useLiveAnswer<Routes>(
    totals === undefined ? undefined : `/api/rollout${isMany ? "?detail=brief" : ""}`,
    AGAIN_MS + (1000 * size.current) / ROUTES_PER_SECOND,
  );
  const { value, failure } = answer;
  const routes = value?.routes ?? [];
  // In whole hundreds, so that one route more does not begin the waiting anew.
  size.current = ROUTES_PER_SECOND * Math.floor(routes.length / ROUTES_PER_SECOND);
  const search = query.get("q") ?? "";
  const stage = STAGE_ORDER.find((name) => name === query.get("stage"));
  const show: BoardFilter["show"] = SHOWN.find((one) => one.value === query.get("show"))?.value ?? "all";
  const asked = query.get("sort") ?? FIRST_ORDER;
  const order = SORT_KEYS.includes(asked.replace("-", "")) ? asked : FIRST_ORDER;
  const sort = useMemo(() => ({ key: order.replace("-", ""), isDescending: order.startsWith("-") }), [order]);
  const shown = useMemo(
    () => sortRoutes(filterRoutes(routes, { search, stage, show }), sort),
    [value, search, stage, show, sort],
  );
  const asks = query.get("view");
  const isTable = asks === "table" || isMany;
  const field = useRef<HTMLInputElement>(null);
  useKeys({ "/": { text: "Search", run: () => field.current?.focus() } });
  const onSort = (key: string) => {
    const isDescending = sort.key === key ? !sort.isDescending : isDescendingFirst(key);
    query.set({ sort: `${isDescending ? "-" : ""}${key}` }, { replace: true });
  };
  return (
    <div class="rollout">
      <div class="row spread">
        <h1>Rollout</h1>
        <AsOf answer={answer} />
      </div>
      <Killed />
      {failure === undefined ? null : <Failure failure={failure} />}
      <search class="row filters">
        <input
          ref={field}
          type="search"
          placeholder="Search, for example: orders"
          aria-label="Search routes"
          value={search}
          onInput={(event) => query.set({ q: event.currentTarget.value }, { replace: true })}
        />
        <Choice
          label="Show"
          options={SHOWN}
          value={show}
          onChoose={(chosen) => query.set({ show: chosen === "all" ? undefined : chosen })}
        />
        <select
          aria-label="Stage"
          value={stage ?? ""}
          onChange={(event) => query.set({ stage: event.currentTarget.value })}
        >
          <option value="">every stage</option>
          {STAGE_ORDER.map((name) => (
            <option key={name} value={name}>
              {name} ({formatNumber(routes.filter((route) => route.stage === name).length)})
            </option>
          ))}
        </select>
        {isMany ? null : (
          <Choice
            label="As"
            options={[
              { value: "cards", text: "Cards" },
              { value: "table", text: "Table" },
            ]}
            value={isTable ? "table" : "cards"}
            onChoose={(chosen) => query.set({ view: chosen === "cards" ? undefined : chosen })}
          />
        )}
        <span class="muted" role="status">
          {value === undefined ? null : countWords(shown.length, routes)}
        </span>
      </search>
      {value === undefined ? (
        failure === undefined ? (
          <Loading label="the routes" lines={12} />
        ) : null
      ) : routes.length === 0 ? (
        <EmptyState title="There is no route">
          <p>Name one in the config, with what it matches and where it begins.</p>
        </EmptyState>
      ) : shown.length === 0 ? (
        <EmptyState title="No route is like that">
          <button
            type="button"
            onClick={() => query.set({ q: undefined, stage: undefined, show: undefined })}
          >
            Show all {formatNumber(routes.length)}
          </button>
        </EmptyState>
      ) : isTable ? (
        <div class="board-table">
          <VirtualTable
            label="Routes"
            columns={BOARD_COLUMNS}
            rows={shown}
            keyOf={({ route }) => route}
            sort={sort}
            onSort={onSort}
            onOpen={({ route }) => navigate(routeAddress(route))}
            rowHeightPx={ROW_HEIGHT_PX}
          />
        </div>
      ) : (
        <div class="route-cards">
          {shown.filter(isFull).map((route) => (
            <RouteCard key={route.route} route={route} />
          ))}
        </div>
      )}
      {/* Below what it would be pushed down by. */}
      {value === undefined ? null : <Lately />}
    </div>
  );
}

/** A reload may bring more routes than cards have room for, between two answers. */
function isFull(route: RolloutRouteAnswer | BoardRoute): route is RolloutRouteAnswer {
  return "epoch" in route;
}

/** `12 routes, 2 need somebody now`. */
function countWords(shown: number, routes: readonly BoardRoute[]): string {
  const all = formatCount(routes.length, "route");
  const count = shown === routes.length ? all : `${formatNumber(shown)} of ${all}`;
  const urgent = routes.filter((route) => attentionOf(route) === "act").length;
  return urgent === 0 ? count : `${count}, ${formatNumber(urgent)} held back`;
}

function Killed() {
  const { summary } = useEvents();
  if (summary?.isKilled !== true) return null;
  return (
    <p class="banner" role="status">
      <strong>The kill switch is on.</strong> Every client is served by the legacy, whatever stands below.
    </p>
  );
}

function Lately() {
  // Twice as many, for each decision has an entry of its acknowledgement.
  const { value } = useLiveAnswer<Journal>(`/api/journal?limit=${2 * LATELY}`, 2 * AGAIN_MS);
  const entries = (value?.entries ?? []).filter(isOfSomebody).slice(0, LATELY);
  if (entries.length === 0) return null;
  return (
    <section class="panel lately">
      <h2>Lately</h2>
      <Entries entries={entries} />
    </section>
  );
}
