// The demo's records: a small shop with a blog, related as its clients read it.
// Invariant: the same seed gives the same bytes. Every id is text, as json-server 1 wants it, but for
// orders, which an older part of the shop numbered: that is one of the differences to be found.
import { createRandom, type Random } from "./random.ts";

export const CITIES = ["Lisbon", "Oslo", "Turin", "Gdansk", "Leeds", "Nantes", "Ghent", "Cork"] as const;
export const CATEGORIES = ["chairs", "lamps", "tables", "rugs", "shelves", "mirrors"] as const;
/** Every one is in some product's name, and in the text of some posts. */
export const WORDS = ["oak", "linen", "brass", "walnut", "wool", "glass", "cork", "birch"] as const;
const FIRST_NAMES = [
  "Ana",
  "Bruno",
  "Chiara",
  "Dag",
  "Edda",
  "Femi",
  "Greta",
  "Hugo",
  "Inês",
  "Jonas",
] as const;
const LAST_NAMES = ["Almeida", "Berg", "Conti", "Dahl", "Eriksen", "Farkas", "Ghosh", "Horvat"] as const;
const SENTENCES = [
  "It arrived on time and fits the room.",
  "The finish is better than in the pictures.",
  "We bought a second one a month later.",
  "Two screws were missing, the shop sent them at once.",
  "Looks plain, and that is why it works.",
] as const;
const ORDER_STATES = ["placed", "paid", "shipped", "delivered", "returned"] as const;

export const COUNTS = {
  users: 300,
  posts: 800,
  comments: 2400,
  products: 240,
  orders: 700,
  coupons: 60,
  carts: 80,
} as const;

/** The first order's number; the others follow it. */
export const FIRST_ORDER_ID = 10_001;

type DemoRecord = Readonly<Record<string, unknown>>;

/** Collection → records; `settings` is a single one. */
export interface DataSet {
  readonly users: readonly DemoRecord[];
  readonly posts: readonly DemoRecord[];
  readonly comments: readonly DemoRecord[];
  readonly products: readonly DemoRecord[];
  readonly orders: readonly DemoRecord[];
  readonly coupons: readonly DemoRecord[];
  readonly carts: readonly DemoRecord[];
  readonly settings: DemoRecord;
}

function records(count: number, make: (id: string) => DemoRecord): readonly DemoRecord[] {
  return Array.from({ length: count }, (_, index) => make(String(index + 1)));
}

/** A day of 2024 or 2025, as ISO text. */
function isoDay(random: Random): string {
  return new Date(Date.UTC(2024, 0, 1 + random.integer(0, 700), random.integer(0, 23))).toISOString();
}

function priceOf(random: Random): number {
  return random.integer(500, 90_000) / 100;
}

function makeOrder(random: Random, id: number): DemoRecord {
  const items = Array.from({ length: random.integer(1, 4) }, () => ({
    productId: String(random.integer(1, COUNTS.products)),
    quantity: random.integer(1, 3),
    price: priceOf(random),
  }));
  const cents = items.reduce((sum, item) => sum + Math.round(item.price * 100) * item.quantity, 0);
  return {
    id,
    userId: String(random.integer(1, COUNTS.users)),
    status: random.pick(ORDER_STATES),
    items,
    total: cents / 100,
    placedAt: isoDay(random),
  };
}

/** About 4,600 records; some 900 kB as JSON. */
export function generateDataSet(seed: number): DataSet {
  const random = createRandom(seed);
  return {
    users: records(COUNTS.users, (id) => ({
      id,
      name: `${random.pick(FIRST_NAMES)} ${random.pick(LAST_NAMES)}`,
      email: `user${id}@shop.example`,
      city: random.pick(CITIES),
      isActive: random.next() < 0.9,
      joinedAt: isoDay(random),
    })),
    posts: records(COUNTS.posts, (id) => ({
      id,
      userId: String(random.integer(1, COUNTS.users)),
      title: `Living with ${random.pick(WORDS)}, part ${id}`,
      body: `${random.pick(SENTENCES)} ${random.pick(SENTENCES)}`,
      views: random.integer(0, 50_000),
      tags: [random.pick(CATEGORIES), random.pick(WORDS)],
      publishedAt: isoDay(random),
    })),
    comments: records(COUNTS.comments, (id) => ({
      id,
      postId: String(random.integer(1, COUNTS.posts)),
      userId: String(random.integer(1, COUNTS.users)),
      body: random.pick(SENTENCES),
      likes: random.integer(0, 40),
    })),
    products: records(COUNTS.products, (id) => ({
      id,
      sku: `SKU-${id.padStart(5, "0")}`,
      name: `${random.pick(WORDS)} ${random.pick(CATEGORIES)}`,
      category: random.pick(CATEGORIES),
      price: priceOf(random),
      stock: random.integer(0, 120),
      dimensions: { widthCm: random.integer(20, 220), heightCm: random.integer(20, 220) },
    })),
    orders: Array.from({ length: COUNTS.orders }, (_, index) => makeOrder(random, FIRST_ORDER_ID + index)),
    coupons: records(COUNTS.coupons, (id) => ({
      id,
      code: `SAVE-${id.padStart(3, "0")}`,
      percent: random.integer(5, 30),
      isSingleUse: random.next() < 0.5,
    })),
    carts: records(COUNTS.carts, (id) => ({
      id,
      userId: String(random.integer(1, COUNTS.users)),
      items: [],
    })),
    settings: { currency: "EUR", locale: "en-IE", version: "3.2.0", freeShippingFrom: 75.5 },
  };
}
