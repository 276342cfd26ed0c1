// Loaded into each json-server before itself (node --import, `?of=legacy` or `?of=candidate`): answers
// GET /quotes/{id}, which neither has, with an id, a time and an order that differ between any two answers, and
// one true difference. Must not touch any other request: the servers are tested as they are.
import { randomUUID } from "node:crypto";
import { Server, type ServerResponse } from "node:http";

const CARRIERS = ["Kestrel", "Heron", "Swift", "Plover", "Dunlin"] as const;
const DAY_MS = 86_400_000;

interface Quote {
  readonly quoteId: string;
  readonly validUntil: string;
  readonly productId: string;
  readonly price: number;
  readonly carriers: readonly string[];
}

/** What differs from one answer to the next. */
interface Chance {
  readonly quoteId: string;
  readonly nowMs: number;
  /** 0 up to 1. */
  readonly next: () => number;
}

function shuffled<T>(values: readonly T[], next: () => number): readonly T[] {
  return values
    .map((value) => ({ value, at: next() }))
    .sort((a, b) => a.at - b.at)
    .map(({ value }) => value);
}

/** The candidate forgets the surcharge of heavy products, which is every other one. */
export function quoteFor(productId: number, of: "legacy" | "candidate", chance: Chance): Quote {
  const surcharge = productId % 2 === 0 && of === "legacy" ? 12.5 : 0;
  return {
    quoteId: chance.quoteId,
    validUntil: new Date(chance.nowMs + DAY_MS).toISOString(),
    productId: String(productId),
    price: 4.9 + surcharge,
    carriers: shuffled(CARRIERS, chance.next),
  };
}

function answerQuote(of: "legacy" | "candidate", productId: number, answer: ServerResponse): void {
  const chance = { quoteId: randomUUID(), nowMs: Date.now(), next: Math.random };
  answer.writeHead(200, { "content-type": "application/json; charset=utf-8" });
  answer.end(JSON.stringify(quoteFor(productId, of, chance)));
}

const of = new URL(import.meta.url).searchParams.get("of");
if (of === "legacy" || of === "candidate") {
  const emit = Server.prototype.emit;
  Server.prototype.emit = function emitOrAnswer(this: Server, event: string | symbol, ...args: unknown[]) {
    const [request, answer] = args as [{ method?: string; url?: string } | undefined, ServerResponse];
    const id = event === "request" ? /^\/quotes\/([0-9]{1,6})$/.exec(request?.url ?? "")?.[1] : undefined;
    if (id === undefined || request?.method !== "GET") return emit.call(this, event, ...args);
    answerQuote(of, Number(id), answer);
    return true;
  };
}
