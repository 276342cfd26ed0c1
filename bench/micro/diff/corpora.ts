// JSON documents to judge: payloads as APIs send them, and random ones, all made from a seed. The same on every
// machine and in every run.

/** A whole number 0…below. */
export type Random = (below: number) => number;

export function randomFrom(seed: number): Random {
  let state = seed | 0 || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return Math.floor(((state >>> 0) / 0x100000000) * below);
  };
}

const WORDS =
  'lorem ipsum dolor sit amet naïve café Straße überall 東京 привет 😀 widget gadget order item express "quoted" back\\slash line\nbreak'.split(
    " ",
  );

function textOf(random: Random, words: number): string {
  return Array.from({ length: words }, () => WORDS[random(WORDS.length)]).join(" ");
}

function hexOf(random: Random, digits: number): string {
  return Array.from({ length: digits }, () => random(16).toString(16)).join("");
}

function timeOf(random: Random): string {
  return new Date(1_700_000_000_000 + random(1_000_000) * 1000).toISOString();
}

function moneyOf(random: Random): number {
  return random(1_000_000) / 100;
}

function makeOrder(random: Random): unknown {
  return {
    id: random(1e9),
    number: `O-${hexOf(random, 8)}`,
    createdAt: timeOf(random),
    paid: random(2) === 1,
    total: moneyOf(random),
    currency: "EUR",
    customer: { id: random(1e6), email: `${hexOf(random, 6)}@example.com` },
    lines: [{ sku: hexOf(random, 10), quantity: 1 + random(9), price: moneyOf(random) }],
    note: null,
  };
}

function makeUser(random: Random): unknown {
  return {
    id: random(1e9),
    name: textOf(random, 2),
    email: `${hexOf(random, 8)}@example.com`,
    active: random(2) === 1,
    createdAt: timeOf(random),
    address: {
      street: `${textOf(random, 2)} ${random(200)}`,
      zip: String(10_000 + random(80_000)),
      geo: [52.5 + random(1000) / 1e4, 13.4],
    },
    roles: ["reader", "editor"].slice(0, 1 + random(2)),
    manager: null,
  };
}

function makeProduct(random: Random): unknown {
  return {
    sku: hexOf(random, 12),
    title: textOf(random, 5),
    description: textOf(random, 20),
    price: { amount: moneyOf(random), currency: "EUR", tax: 0.19 },
    stock: random(500),
    tags: Array.from({ length: 1 + random(4) }, () => WORDS[random(WORDS.length)]),
    available: random(3) > 0,
    images: Array.from({ length: random(3) }, () => ({
      url: `https://cdn.example.com/${hexOf(random, 16)}.jpg`,
      width: 640,
      height: 480,
    })),
    updatedAt: timeOf(random),
  };
}

function makeHit(random: Random): unknown {
  return {
    _id: hexOf(random, 20),
    _score: random(1e6) / 7919,
    _source: {
      title: textOf(random, 6),
      url: `https://example.com/${hexOf(random, 10)}/`,
      rank: random(1e5),
      language: "de",
      published: timeOf(random),
    },
    highlight: { body: [textOf(random, 12), textOf(random, 9)] },
  };
}

function makeAnything(random: Random, depth: number): unknown {
  switch (random(depth > 4 ? 5 : 8)) {
    case 0:
      return random(2 ** 31) - 2 ** 30;
    case 1:
      return (random(2 ** 31) - 2 ** 30) / 997;
    case 2:
      return textOf(random, random(8));
    case 3:
      return random(2) === 1;
    case 4:
      return random(3) === 0 ? null : hexOf(random, random(24));
    case 5:
      return Array.from({ length: random(6) }, () => makeAnything(random, depth + 1));
    case 6: {
      const keys = Array.from({ length: 1 + random(4) }, (_, index) => `${hexOf(random, 4)}${index}`);
      return Array.from({ length: random(5) }, () =>
        Object.fromEntries(keys.map((key) => [key, makeAnything(random, depth + 2)])),
      );
    }
    default:
      return Object.fromEntries(
        Array.from({ length: random(8) }, (_, index) => [
          `${WORDS[random(WORDS.length)]}${index}`,
          makeAnything(random, depth + 1),
        ]),
      );
  }
}

export interface Corpus {
  readonly name: string;
  /** Bytes of the compact text. */
  readonly bytes: number;
  readonly value: unknown;
}

/** A page of records, as many as fill `bytesWanted`. */
function makePage(name: string, bytesWanted: number, makeRecord: (random: Random) => unknown): Corpus {
  const random = randomFrom(bytesWanted + name.length);
  const records: unknown[] = [];
  let bytes = 60;
  while (bytes < bytesWanted) {
    const record = makeRecord(random);
    records.push(record);
    bytes += Buffer.byteLength(JSON.stringify(record)) + 1;
  }
  return corpusOf(name, { page: 1, total: records.length * 7, records, next: hexOf(random, 16) });
}

function corpusOf(name: string, value: unknown): Corpus {
  return { name, bytes: Buffer.byteLength(JSON.stringify(value)), value };
}

export const CORPORA: readonly Corpus[] = [
  corpusOf("order 0.3 KB", makeOrder(randomFrom(3))),
  makePage("users 2 KB", 2_000, makeUser),
  makePage("random 2 KB", 2_000, (random) => makeAnything(random, 0)),
  makePage("products 20 KB", 20_000, makeProduct),
  makePage("search 200 KB", 200_000, makeHit),
  makePage("random 200 KB", 200_000, (random) => makeAnything(random, 0)),
  makePage("users 1.5 MB", 1_500_000, makeUser),
];
