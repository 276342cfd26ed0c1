// URLs of two sets of sixteen templates, from a seed: what people put into paths. Each URL says which it is of.

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

export type Templates = Readonly<Record<string, (random: Random) => string>>;

/** Everything equally often; many languages, twenty tenants. */
export const SHOP: Templates = {
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

const FIRST_NAMES = "james mary john patricia robert jennifer michael linda william elizabeth".split(" ");

/** A few are much more popular than all others. */
function popularUser(random: Random): string {
  const rank = Math.floor(Math.exp(random() * Math.log(401))) - 1;
  const first = FIRST_NAMES[rank % FIRST_NAMES.length] as string;
  return rank < FIRST_NAMES.length ? first : `${first}${rank % 3 === 0 ? `_${word(random)}` : rank}`;
}

function title(random: Random): string {
  return Array.from({ length: 1 + Math.floor(random() * 5) }, () => pickFrom(random, WORDS)).join("-");
}

/** A tenant or a language at the root: few of either. */
function atRoot(random: Random, names: readonly string[]): string {
  return pickFrom(random, names.slice(0, 9));
}

/** Some names far more often than others; few languages, few tenants, both at the root. */
export const SITE: Templates = {
  "/api/users/{name}": (random) => `/api/users/${popularUser(random)}`,
  "/api/users/me": () => "/api/users/me",
  "/api/users/{name}/orders/{id}": (random) =>
    `/api/users/${popularUser(random)}/orders/${digits(random, 5)}`,
  "/api/orders/{id}": (random) => `/api/orders/${digits(random, 6)}`,
  "/api/v1/customers/{id}/invoices": (random) => `/api/v1/customers/${digits(random, 4)}/invoices`,
  "/api/v2/customers/{id}/invoices": (random) => `/api/v2/customers/${digits(random, 4)}/invoices`,
  "/blog/{title}": (random) => `/blog/${title(random)}`,
  "/products/{sku}": (random) => `/products/SKU-${digits(random, 2 + Math.floor(random() * 4))}`,
  "/items/{uuid}": (random) => `/items/${uuid(random)}`,
  "/stock/{date}": (random) => `/stock/${date(random)}`,
  "/static/{file}": (random) => `/static/${title(random)}.${pickFrom(random, ["js", "css", "png"])}`,
  "/{tenant}/reports/{title}/export": (random) =>
    `/${atRoot(random, TENANTS)}/reports/${title(random)}/export`,
  "/{tenant}/reports/{title}/view": (random) => `/${atRoot(random, TENANTS)}/reports/${title(random)}/view`,
  "/{locale}/about": (random) => `/${atRoot(random, LOCALES)}/about`,
  "/{locale}/help/{title}": (random) => `/${atRoot(random, LOCALES)}/help/${title(random)}`,
  "/search": () => "/search",
};

/** `count` URLs, all templates about equally often, in random order. */
export function syntheticUrls(count: number, random: Random, templates: Templates): SyntheticUrl[] {
  const names = Object.keys(templates);
  return Array.from({ length: count }, () => {
    const template = pickFrom(random, names);
    return { template, path: (templates[template] as (random: Random) => string)(random) };
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
