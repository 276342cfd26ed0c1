// All endpoints in one table: how much, how alike, how fast, and what is open. Filters and order are in the address.
import { useMemo, useRef } from "preact/hooks";
import { formatCount, formatNumber } from "../format.ts";
import { Choice } from "../parts/choice.tsx";
import { EmptyState } from "../parts/empty-state.tsx";
import { Failure } from "../parts/failure.tsx";
import { useKeys } from "../parts/keys.tsx";
import { Loading } from "../parts/loading.tsx";
import { VirtualTable } from "../parts/virtual-table.tsx";
import { navigate, useAddressQuery } from "../router.tsx";
import { differencesAddress, ENDPOINT_COLUMNS } from "./columns.tsx";
import { keyOfEndpoint, useEndpoints } from "./load-endpoints.ts";
import {
  type EndpointFilter,
  filterEndpoints,
  isDescendingFirst,
  SORT_KEYS,
  sortEndpoints,
} from "./order.ts";

const SHOWN = [
  { value: "all", text: "All" },
  { value: "differing", text: "With mismatches" },
  { value: "open", text: "With open signatures" },
] as const;
const FIRST_ORDER = "-open";

export function EndpointsPage() {
  const query = useAddressQuery();
  const { rows, total, failure } = useEndpoints();
  const search = query.get("q") ?? "";
  /** The one that a link is about. */
  const endpoint = query.get("endpoint");
  const route = query.get("route");
  const show: EndpointFilter["show"] = SHOWN.find(({ value }) => value === query.get("show"))?.value ?? "all";
  const asked = query.get("sort") ?? FIRST_ORDER;
  const order = SORT_KEYS.includes(asked.replace("-", "")) ? asked : FIRST_ORDER;
  const sort = useMemo(() => ({ key: order.replace("-", ""), isDescending: order.startsWith("-") }), [order]);
  const shown = useMemo(
    () => sortEndpoints(filterEndpoints(rows, { search, endpoint, route, show }), sort),
    [rows, search, endpoint, route, show, sort],
  );
  const routes = useMemo(() => [...new Set(rows.map((row) => row.route))].sort(), [rows]);
  const field = useRef<HTMLInputElement>(null);
  useKeys({ "/": { text: "Search", run: () => field.current?.focus() } });

  const onSort = (key: string) => {
    const isDescending = sort.key === key ? !sort.isDescending : isDescendingFirst(key);
    query.set({ sort: `${isDescending ? "-" : ""}${key}` }, { replace: true });
  };
  return (
    <>
      <h1>Endpoints</h1>
      {failure === undefined ? null : <Failure failure={failure} />}
      <search class="row filters">
        <input
          ref={field}
          type="search"
          placeholder="Search, for example: get users"
          aria-label="Search endpoints"
          value={search}
          onInput={(event) => query.set({ q: event.currentTarget.value }, { replace: true })}
        />
        <Choice
          label="Show"
          options={SHOWN}
          value={show}
          onChoose={(value) => query.set({ show: value === "all" ? undefined : value })}
        />
        {routes.length < 2 && route === undefined ? null : (
          <select
            aria-label="Route"
            value={route ?? ""}
            onChange={(event) => query.set({ route: event.currentTarget.value })}
          >
            <option value="">all routes</option>
            {routes.map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        )}
        {endpoint === undefined ? null : (
          <button type="button" onClick={() => query.set({ endpoint: undefined })}>
            <code>{endpoint}</code> alone: show all
          </button>
        )}
        <span class="muted" role="status">
          {total === undefined
            ? null
            : rows.length < total
              ? `loading, ${formatNumber(rows.length)} of ${formatCount(total, "endpoint")}`
              : shown.length === rows.length
                ? formatCount(rows.length, "endpoint")
                : `${formatNumber(shown.length)} of ${formatCount(rows.length, "endpoint")}`}
        </span>
      </search>
      {total === undefined ? (
        failure === undefined ? (
          <Loading label="endpoints" lines={12} />
        ) : null
      ) : shown.length > 0 ? (
        <VirtualTable
          label="Endpoints"
          columns={ENDPOINT_COLUMNS}
          rows={shown}
          keyOf={keyOfEndpoint}
          sort={sort}
          onSort={onSort}
          onOpen={(row) => navigate(differencesAddress(row))}
        />
      ) : rows.length === 0 ? (
        <EmptyState title="No endpoint was seen yet">
          <p>An endpoint appears with its first exchange, a second after it was judged.</p>
          <pre>curl -i http://localhost:8080/</pre>
          <p>with the path of something that your service answers, at the address where Parallax listens.</p>
        </EmptyState>
      ) : (
        <EmptyState title="No endpoint is like that">
          <button
            type="button"
            onClick={() =>
              query.set({ q: undefined, endpoint: undefined, route: undefined, show: undefined })
            }
          >
            Show all {formatNumber(rows.length)}
          </button>
        </EmptyState>
      )}
    </>
  );
}
