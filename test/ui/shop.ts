// Two shops on loopback that should answer alike and do not, with Parallax before them and clients who ask.
// What differs is all there is to review: a changed value, a changed type, a field more, a field less, another status,
// another header, elements in another order, noise of the legacy itself, plain text, and a body of a megabyte.
import { randomUUID } from "node:crypto";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { request } from "undici";
import { vi } from "vitest";
import type { EndpointAnswer } from "../../src/admin/schemas.ts";
import { type House, startHouse } from "../flow/house.ts";
import { startHttp } from "../flow/upstreams.ts";

interface EndpointsAnswer {
  readonly endpoints: readonly EndpointAnswer[];
}

type Side = "legacy" | "candidate";

interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text goes as it is, anything else as JSON. */
  readonly body: unknown;
}

const NAMES = ["oak chair", "linen lamp", "brass table", "wool rug", "cork shelf"];
const nameOf = (id: number) => NAMES[id % NAMES.length] ?? "";

/** The path without its first slash and its id → the answer. */
const ANSWERS: Readonly<Record<string, (side: Side, id: number) => Answer>> = {
  /** Alike. */
  health: () => ({ body: { status: "up" } }),
  /** A price as text, a field more, a trace that is new each time. */
  products: (side, id) => ({
    body: {
      id,
      name: nameOf(id),
      price: side === "legacy" ? id * 100 + 99 : `${id * 100 + 99}`,
      tags: ["new", "sale"],
      meta: { trace: randomUUID(), ...(side === "candidate" ? { region: "eu-1" } : {}) },
    },
  }),
  /** A total that is rounded otherwise, a field less, lines in another order. */
  orders: (side, id) => {
    const lines = [
      { sku: "A-1", quantity: 1 },
      { sku: "B-2", quantity: 2 + (id % 3) },
    ];
    return {
      body: {
        id,
        total: side === "legacy" ? 129.95 : 129.9,
        lines: side === "legacy" ? lines : lines.toReversed(),
        customer: { id: `c-${id}`, ...(side === "legacy" ? { vip: id % 2 === 0 } : {}) },
      },
    };
  },
  /** Gone for the one, broken for the other. */
  coupons: (side) => ({
    status: side === "legacy" ? 404 : 500,
    body: { error: side === "legacy" ? "unknown" : "null" },
  }),
  /** The same body under another type and another cache rule. */
  pages: (side, id) => ({
    headers: {
      "content-type": side === "legacy" ? "text/plain; charset=utf-8" : "text/plain",
      "cache-control": side === "legacy" ? "max-age=60" : "no-cache",
    },
    body: `page ${id}\nline two\n${side === "legacy" ? "the end" : "the very end"}\n`,
  }),
  /** About a megabyte, with one value changed in the middle of it. */
  catalogue: (side) => ({
    body: {
      items: Array.from({ length: 9_000 }, (_, at) => ({
        id: at,
        name: nameOf(at),
        price: { amount: at === 4_500 && side === "candidate" ? 1 : at * 7, currency: "EUR" },
        isInStock: at % 3 !== 0,
        description: "made to last a while",
      })),
    },
  }),
};

const shop =
  (side: Side): RequestListener =>
  (incoming: IncomingMessage, answer: ServerResponse) => {
    const [, kind = "", id = "1"] = new URL(incoming.url ?? "/", "http://localhost").pathname.split("/");
    incoming.resume();
    incoming.on("end", () => {
      const made = ANSWERS[kind]?.(side, Number(id));
      const {
        status = 200,
        headers,
        body,
      } = made ?? { status: 404, headers: undefined, body: { error: "no such page" } };
      answer.writeHead(status, { "content-type": "application/json", ...headers });
      answer.end(typeof body === "string" ? body : JSON.stringify(body));
    });
  };

/** What clients ask for in one round. */
const ROUND = [
  "/health",
  "/products/1",
  "/products/2",
  "/products/3",
  "/orders/41",
  "/orders/42",
  "/coupons/7",
  "/pages/3",
] as const;

const SETTINGS = { noise: { baseline: "self", samplePercent: 100 } };

/** A loaded machine takes its time; within a test the timeout of that comes first. */
const STORED_MS_MAX = 60_000;

/** Resolves once so many exchanges are judged, and the store has them: it is written a moment later. */
async function stored(house: House, exchanges: number): Promise<void> {
  const isStored = async () => {
    const { totals } = await house.summary();
    if (totals.exchanges !== exchanges || totals.inFlight !== 0) return false;
    const { body } = await request(`${house.admin}/api/endpoints?limit=1000`);
    const { endpoints } = (await body.json()) as EndpointsAnswer;
    return endpoints.reduce((sum, endpoint) => sum + endpoint.exchanges, 0) === exchanges;
  };
  await vi.waitUntil(isStored, { timeout: STORED_MS_MAX, interval: 50 });
}

export interface Shop {
  readonly house: House;
  /** Sends so many rounds of eight requests, and resolves once all of it is judged and stored. */
  send(rounds: number): Promise<void>;
  /** One request, once it is judged. */
  get(path: string): Promise<void>;
  /** Takes Parallax away, and leaves the upstreams. */
  stop(): Promise<void>;
}

/** `settings` beside the upstreams; twelve rounds were sent when it resolves. */
export async function startShop(settings: object = SETTINGS, rounds = 12): Promise<Shop> {
  const [legacy, candidate] = await Promise.all([startHttp(shop("legacy")), startHttp(shop("candidate"))]);
  const house = await startHouse({
    upstreams: { legacy: { url: legacy.url }, candidate: { url: candidate.url } },
    ...settings,
  });
  let sent = 0;
  const ask = async (path: string) => {
    sent++;
    const { body } = await request(`http://127.0.0.1:${house.port}${path}`);
    await body.dump();
  };
  const send = async (count: number) => {
    for (let round = 0; round < count; round++) await Promise.all(ROUND.map(ask));
    await stored(house, sent);
  };
  await send(rounds);
  return {
    house,
    send,
    get: async (path) => {
      await ask(path);
      await stored(house, sent);
    },
    stop: async () => {
      await house.stop();
      await Promise.all([legacy.stop(), candidate.stop()]);
    },
  };
}
