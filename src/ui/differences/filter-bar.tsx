// The filters of the list of differences. All of them live in the address.
import { useEffect, useState } from "preact/hooks";
import type { AddressQuery } from "../router.tsx";
import {
  type Choice,
  FILTERS,
  type FilterName,
  type Filters,
  isFiltered,
  KIND_CHOICES,
  PART_CHOICES,
  SINCE_CHOICES,
  SORT_CHOICES,
  STATE_CHOICES,
  TIER_CHOICES,
} from "./filters.ts";

/** A pause in typing, before it is asked for. */
const TYPED_MS = 300;

interface FilterBarProps {
  readonly query: AddressQuery;
  readonly filters: Filters;
}

export function FilterBar({ query, filters }: FilterBarProps) {
  // Another filter begins at its first page.
  const set = (name: FilterName | "sort", value: string) =>
    query.set({ [name]: value, page: undefined }, { replace: true });
  const select = (name: FilterName | "sort", label: string, choices: readonly Choice[]) => (
    <Select
      key={name}
      label={label}
      choices={choices}
      value={(name === "sort" ? query.get("sort") : filters[name]) ?? ""}
      onChoose={(value) => set(name, value)}
    />
  );
  const typed = (name: FilterName, label: string, extra: Typed) => (
    <TypedField
      key={name}
      label={label}
      value={filters[name] ?? ""}
      onType={(value) => set(name, value)}
      {...extra}
    />
  );
  return (
    <search class="filters" aria-label="Filters">
      {typed("search", "Search", {
        id: "search-differences",
        placeholder: "path, endpoint … ( / )",
      })}
      {select("state", "State", STATE_CHOICES)}
      {select("tier", "Evidence", TIER_CHOICES)}
      {select("since", "Seen", SINCE_CHOICES)}
      {select("sort", "First", SORT_CHOICES)}
      <details
        class="more-filters"
        open={["kind", "part", "endpoint", "route", "owner"].some((name) => query.get(name))}
      >
        <summary>More filters</summary>
        <div class="filters">
          {select("kind", "Kind", KIND_CHOICES)}
          {select("part", "Part", PART_CHOICES)}
          {typed("endpoint", "Endpoint", { placeholder: "GET /users/*" })}
          {typed("route", "Route", {})}
          {typed("owner", "Owner", {})}
        </div>
      </details>
      {isFiltered(filters) ? (
        <button
          type="button"
          class="reset"
          onClick={() =>
            query.set({ ...Object.fromEntries(FILTERS.map((name) => [name, undefined])), page: undefined })
          }
        >
          Back to what needs somebody
        </button>
      ) : null}
    </search>
  );
}

interface SelectProps {
  readonly label: string;
  readonly choices: readonly Choice[];
  readonly value: string;
  readonly onChoose: (value: string) => void;
}

function Select({ label, choices, value, onChoose }: SelectProps) {
  return (
    <label>
      <span>{label}</span>
      <select value={value} onChange={(event) => onChoose(event.currentTarget.value)}>
        {/* Of an address that somebody wrote by hand: shown as it is asked for. */}
        {choices.some((choice) => choice.value === value) ? null : <option value={value}>{value}</option>}
        {choices.map((choice) => (
          <option key={choice.value} value={choice.value}>
            {choice.text}
          </option>
        ))}
      </select>
    </label>
  );
}

interface Typed {
  readonly id?: string;
  readonly placeholder?: string;
}
interface TypedFieldProps extends Typed {
  readonly label: string;
  readonly value: string;
  readonly onType: (value: string) => void;
}

function TypedField({ label, value, onType, ...rest }: TypedFieldProps) {
  const [text, setText] = useState(value);
  // The address changed by other means: back, a link.
  useEffect(() => setText(value), [value]);
  useEffect(() => {
    if (text === value) return;
    const timer = setTimeout(() => onType(text), TYPED_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <label>
      <span>{label}</span>
      <input
        {...rest}
        type="search"
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Escape") event.currentTarget.blur();
        }}
      />
    </label>
  );
}
