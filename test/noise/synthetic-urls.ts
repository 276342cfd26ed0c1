// URLs of sixteen templates, from a seed: what people put into paths. Each URL says which template it is of.

export interface SyntheticUrl {
  readonly template: string;
  readonly path: string;
}

export type Random = () => number;

/** mulberry32: small, seeded, good enough to shuffle. */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function pickFrom<T>(random: Random, values: readonly T[]): T {
  return values[Math.floor(random() * values.length)] as T;
}

function digits(random: Random, count: number): string {
  return Array.from({ length: count }, () => Math.floor(random() * 10)).join("");
}

const SYLLABLES = ["al", "be", "ca", "do", "el", "fi", "go", "hu", "in", "jo", "ka", "lu", "mi", "no"];
const WORDS = [
  "blue",
  "summer",
  "report",
  "best",
  "guide",
  "travel",
  "river",
  "small",
  "house",
  "garden",
  "open",
];
const LOCALES = [
  "en-US",
  "de-DE",
  "fr-FR",
  "en",
  "de",
  "fr",
  "es",
  "nl",
  "pt",
  "es-ES",
  "pt-BR",
  "ja-JP",
  "it-IT",
  "nl-NL",
  "sv-SE",
  "pl-PL",
  "ko-KR",
  "da-DK",
];
const TENANTS = [
  "acme",
  "globex",
  "initech",
  "umbrella",
  "hooli",
  "stark",
  "wayne",
  "wonka",
  "tyrell",
  "cyberdyne",
  "soylent",
  "oscorp",
  "aperture",
  "monarch",
  "zorin",
  "duff",
  "nakatomi",
  "vandelay",
  "pendant",
  "kramerica",
];

function word(random: Random): string {
  return Array.from({ length: 2 + Math.floor(random() * 3) }, () => pickFrom(random, SYLLABLES)).join("");
}

function username(random: Random): string {
  const chance = random();
  return chance < 0.7
    ? word(random)
    : chance < 0.9
      ? `${word(random)}${digits(random, 2)}`
      : `${word(random)}.${word(random)}`;
}

function slug(random: Random): string {
  return Array.from({ length: 2 + Math.floor(random() * 3) }, () => pickFrom(random, WORDS)).join("-");
}

function sku(random: Random): string {
  return `${pickFrom(random, ["AB", "XK", "TR", "ZZ"])}-${digits(random, 2 + Math.floor(random() * 3))}-${pickFrom(random, ["S", "M", "XL"])}`;
}

function uuid(random: Random): string {
  const hex = (count: number) =>
    Array.from({ length: count }, () => Math.floor(random() * 16).toString(16)).join("");
  return `${hex(8)}-${hex(4)}-${hex(4)}-${hex(4)}-${hex(12)}`;
}

function date(random: Random): string {
  return `20${10 + Math.floor(random() * 15)}-0${1 + Math.floor(random() * 9)}-1${Math.floor(random() * 10)}`;
}

const TEMPLATES: Readonly<Record<string, (random: Random) => string>> = {
  "/users/me": () => "/users/me",
  "/users/{name}": (random) => `/users/${username(random)}`,
  "/users/{name}/orders/{id}": (random) => `/users/${username(random)}/orders/${digits(random, 5)}`,
  "/users/search/recent": () => "/users/search/recent",
  "/products/{sku}": (random) => `/products/${sku(random)}`,
  "/products/{sku}/reviews": (random) => `/products/${sku(random)}/reviews`,
  "/products/{sku}/prices": (random) => `/products/${sku(random)}/prices`,
  "/blog/{slug}": (random) => `/blog/${slug(random)}`,
  "/{tenant}/reports/{slug}/summary": (random) =>
    `/${pickFrom(random, TENANTS)}/reports/${slug(random)}/summary`,
  "/{tenant}/reports/{slug}/rows/{id}": (random) =>
    `/${pickFrom(random, TENANTS)}/reports/${slug(random)}/rows/${digits(random, 3)}`,
  "/content/{locale}/home": (random) => `/content/${pickFrom(random, LOCALES)}/home`,
  "/orders/{id}": (random) => `/orders/${digits(random, 6)}`,
  "/sessions/{uuid}": (random) => `/sessions/${uuid(random)}`,
  "/calendar/{date}": (random) => `/calendar/${date(random)}`,
  "/files/{file}": (random) => `/files/${slug(random)}.${pickFrom(random, ["pdf", "png", "csv"])}`,
  "/health": () => "/health",
};

/** `count` URLs, all templates about equally often, in random order. */
export function syntheticUrls(count: number, random: Random): SyntheticUrl[] {
  const names = Object.keys(TEMPLATES);
  return Array.from({ length: count }, () => {
    const template = pickFrom(random, names);
    return { template, path: (TEMPLATES[template] as (random: Random) => string)(random) };
  });
}

export function shuffled<T>(values: readonly T[], random: Random): T[] {
  const copy = [...values];
  for (let at = copy.length - 1; at > 0; at--) {
    const other = Math.floor(random() * (at + 1));
    [copy[at], copy[other]] = [copy[other] as T, copy[at] as T];
  }
  return copy;
}
