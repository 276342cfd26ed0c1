// What the demo's clients ask for: a weighted, seeded mix that an older shop front would send. Pure.
// Writes reach the legacy alone, so they go to carts, which nothing here reads: else the data would drift
// apart, and the drift would pass for a difference.
import { CATEGORIES, CITIES, COUNTS, FIRST_ORDER_ID, WORDS } from "./data-set.ts";
import { createRandom, type Random } from "./random.ts";

export interface DemoRequest {
  readonly method: "GET" | "HEAD" | "OPTIONS" | "POST" | "PATCH";
  /** Origin-form, with the query. */
  readonly target: string;
  readonly body: string | undefined;
}

export interface MixEntry {
  readonly name: string;
  /** As the judge groups them: method and path template. */
  readonly endpoint: string;
  /** Relative: the share of the whole is weight / sum of weights. */
  readonly weight: number;
  /** What json-server 1.0.0-beta.3 makes of it, seen on real sockets; `same` means equal on every request. */
  readonly outcome: "same" | "differs" | "not-mirrored";
  readonly make: (random: Random) => Omit<DemoRequest, "method">;
}

const get = (target: string): Omit<DemoRequest, "method"> => ({ target, body: undefined });
const anyOf = (random: Random, collection: keyof typeof COUNTS): number =>
  random.integer(1, COUNTS[collection]);

export const MIX: readonly [MixEntry, ...MixEntry[]] = [
  {
    name: "a product",
    endpoint: "GET /products/{id}",
    weight: 16,
    outcome: "same",
    make: (random) => get(`/products/${anyOf(random, "products")}`),
  },
  {
    name: "the settings",
    endpoint: "GET /settings",
    weight: 5,
    outcome: "same",
    make: () => get("/settings"),
  },
  {
    name: "users of a city",
    endpoint: "GET /users",
    weight: 4,
    outcome: "same",
    make: (random) => get(`/users?city=${random.pick(CITIES)}`),
  },
  {
    name: "comments of a post, by filter",
    endpoint: "GET /comments",
    weight: 6,
    outcome: "same",
    make: (random) => get(`/comments?postId=${anyOf(random, "posts")}`),
  },
  {
    name: "comments that are liked",
    endpoint: "GET /comments",
    weight: 3,
    outcome: "same",
    make: (random) => get(`/comments?likes_gte=${random.integer(36, 40)}&_limit=20`),
  },
  {
    name: "a preflight",
    endpoint: "OPTIONS /products",
    weight: 1,
    outcome: "same",
    make: () => get("/products"),
  },
  {
    name: "a user",
    endpoint: "GET /users/{id}",
    weight: 11,
    outcome: "same",
    make: (random) => get(`/users/${anyOf(random, "users")}`),
  },
  {
    // Both say 404; `{}` as JSON became `Not Found` as text.
    name: "a user who left",
    endpoint: "GET /users/{id}",
    weight: 2,
    outcome: "differs",
    make: (random) => get(`/users/${COUNTS.users + random.integer(1, 500)}`),
  },
  {
    name: "a post",
    endpoint: "GET /posts/{id}",
    weight: 9,
    outcome: "same",
    make: (random) => get(`/posts/${anyOf(random, "posts")}`),
  },
  {
    name: "a post with its comments",
    endpoint: "GET /posts/{id}",
    weight: 4,
    outcome: "same",
    make: (random) => get(`/posts/${anyOf(random, "posts")}?_embed=comments`),
  },
  {
    // _expand is not known any more: /user is missing.
    name: "a post with its author",
    endpoint: "GET /posts/{id}",
    weight: 4,
    outcome: "differs",
    make: (random) => get(`/posts/${anyOf(random, "posts")}?_expand=user`),
  },
  {
    // Nested routes are gone: 404.
    name: "comments of a post, nested",
    endpoint: "GET /posts/{id}/comments",
    weight: 5,
    outcome: "differs",
    make: (random) => get(`/posts/${anyOf(random, "posts")}/comments`),
  },
  {
    // _limit wins over _page: every page is the first one.
    name: "a page of posts",
    endpoint: "GET /posts",
    weight: 5,
    outcome: "differs",
    make: (random) => get(`/posts?_page=${random.integer(2, 40)}&_limit=10`),
  },
  {
    // A page without a limit is an object with the records under /data, not an array.
    name: "a page of posts, default size",
    endpoint: "GET /posts",
    weight: 2,
    outcome: "differs",
    make: (random) => get(`/posts?_page=${random.integer(1, 40)}`),
  },
  {
    // _order is not known any more: the least viewed come first.
    name: "the most viewed posts",
    endpoint: "GET /posts",
    weight: 3,
    outcome: "differs",
    make: () => get("/posts?_sort=views&_order=desc&_limit=10"),
  },
  {
    name: "products of a category",
    endpoint: "GET /products",
    weight: 4,
    outcome: "same",
    make: (random) => get(`/products?category=${random.pick(CATEGORIES)}`),
  },
  {
    // Full-text search is gone: everything is found.
    name: "a search",
    endpoint: "GET /products",
    weight: 2,
    outcome: "differs",
    make: (random) => get(`/products?q=${random.pick(WORDS)}`),
  },
  {
    // _like is gone: everything is found.
    name: "a search by name",
    endpoint: "GET /products",
    weight: 1,
    outcome: "differs",
    make: (random) => get(`/products?name_like=${random.pick(WORDS)}`),
  },
  {
    // Ids that are numbers became text.
    name: "an order",
    endpoint: "GET /orders/{id}",
    weight: 5,
    outcome: "differs",
    make: (random) => get(`/orders/${FIRST_ORDER_ID + anyOf(random, "orders") - 1}`),
  },
  {
    // Ids, times and an order that differ between any two answers; beneath them, a price that is wrong half the time.
    name: "a shipping quote",
    endpoint: "GET /quotes/{id}",
    weight: 5,
    outcome: "differs",
    make: (random) => get(`/quotes/${anyOf(random, "products")}`),
  },
  {
    name: "a coupon",
    endpoint: "GET /coupons/{id}",
    weight: 3,
    outcome: "differs", // once its check below has been mirrored
    make: (random) => get(`/coupons/${anyOf(random, "coupons")}`),
  },
  {
    // The newer server runs its DELETE handler on HEAD: the check removes the coupon, and says 200.
    name: "a check whether a coupon exists",
    endpoint: "HEAD /coupons/{id}",
    weight: 1,
    outcome: "differs", // the second time
    make: (random) => get(`/coupons/${anyOf(random, "coupons")}`),
  },
  {
    name: "a new cart",
    endpoint: "POST /carts",
    weight: 2,
    outcome: "not-mirrored",
    make: (random) => ({
      target: "/carts",
      body: JSON.stringify({ userId: String(anyOf(random, "users")), items: [] }),
    }),
  },
  {
    name: "a product into a cart",
    endpoint: "PATCH /carts/{id}",
    weight: 2,
    outcome: "not-mirrored",
    make: (random) => ({
      target: `/carts/${anyOf(random, "carts")}`,
      body: JSON.stringify({ items: [{ productId: String(anyOf(random, "products")), quantity: 1 }] }),
    }),
  },
];

const WEIGHT_TOTAL = MIX.reduce((sum, entry) => sum + entry.weight, 0);

function methodOf(entry: MixEntry): DemoRequest["method"] {
  return entry.endpoint.slice(0, entry.endpoint.indexOf(" ")) as DemoRequest["method"];
}

function pickEntry(random: Random): MixEntry {
  let left = random.next() * WEIGHT_TOTAL;
  for (const entry of MIX) {
    left -= entry.weight;
    if (left < 0) return entry;
  }
  return MIX[0];
}

/** The next request with each call; the same seed gives the same sequence. */
export function createTraffic(seed: number): () => DemoRequest {
  const random = createRandom(seed);
  return () => {
    const entry = pickEntry(random);
    return { method: methodOf(entry), ...entry.make(random) };
  };
}
