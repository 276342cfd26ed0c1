// Learning endpoints, turn by turn: what is put in force, what is kept, and what a store in trouble does to it.
import { expect, test } from "vitest";
import { TemplateLearning, type TemplateLearningOptions } from "../../src/review/template-learning.ts";
import type { StoreFault } from "../../src/store/store.ts";
import { batch, endpointDelta } from "../store/batches.ts";

const LETTERS = "abcdefghijklmnopqrstuvwxyzabcdefghijklmnop";
const NAMES = [...LETTERS].map(
  (letter, index) => `GET /users/${letter}${LETTERS[index + 1] ?? "x"}name${letter}`,
);
const UNIQUE = [...new Set(NAMES)];

function bench(changes: Partial<TemplateLearningOptions> = {}) {
  const published: (readonly string[])[] = [];
  const absorbed: string[] = [];
  const trouble: { fault: StoreFault | undefined } = { fault: undefined };
  const learning = new TemplateLearning({
    store: {
      absorb: async ({ template, endpoints }) => {
        if (trouble.fault !== undefined) return { kind: "failed", ...trouble.fault };
        absorbed.push(`${template} ${endpoints.length}`);
        return { kind: "ok", value: true };
      },
    },
    configured: [],
    learned: [],
    publish: async (templates) => void published.push(templates),
    startTimer: () => () => undefined,
    reportFailure: (error) => {
      throw error;
    },
    ...changes,
  });
  return { learning, published, absorbed, trouble };
}

const manyNames = (exchanges: number) =>
  batch({ endpoints: UNIQUE.map((endpoint) => endpointDelta({ endpoint, exchanges })) });

test("a template is put in force once, then what it covers is absorbed", async () => {
  const { learning, published, absorbed } = bench();
  await learning.learn();
  expect(published).toEqual([]);
  learning.see(manyNames(10));
  await Promise.all([learning.learn(), learning.learn()]);
  await learning.learn();
  expect(published).toEqual([["GET /users/{user}"]]);
  expect(absorbed).toEqual([`GET /users/{user} ${UNIQUE.length}`]);
  expect(learning.learned).toEqual(["GET /users/{user}"]);
});

test("what a store in trouble did not keep is tried again, without another decision", async () => {
  const { learning, published, absorbed, trouble } = bench();
  trouble.fault = { code: "disk-full", message: "" };
  learning.see(manyNames(10));
  await learning.learn();
  expect([published.length, absorbed]).toEqual([1, []]);
  trouble.fault = undefined;
  await learning.learn();
  expect([published.length, absorbed]).toEqual([1, [`GET /users/{user} ${UNIQUE.length}`]]);
});

test("pairs that come after their exchanges are no exchanges", async () => {
  const { learning, published } = bench();
  learning.see(manyNames(0));
  await learning.learn();
  expect(published).toEqual([]);
});

test("what the config names is not learnt, and what was learnt stays when it changes", async () => {
  const learned = ["GET /things/{thing}"];
  const { learning, published } = bench({ learned });
  learning.configure(["/users/{id}"]);
  expect(learning.learned).toEqual(learned);
  learning.see(batch({ endpoints: [endpointDelta({ endpoint: "GET /users/{id}", exchanges: 500 })] }));
  await learning.learn();
  expect(published).toEqual([]);
});

test("a turn that fails is told, and the next one goes on", async () => {
  const told: unknown[] = [];
  let turn = (): void => undefined;
  let isBroken = true;
  const { learning, absorbed } = bench({
    startTimer: (work) => {
      turn = work;
      return () => undefined;
    },
    publish: async () => {
      if (isBroken) throw new Error("no");
    },
    reportFailure: (error) => void told.push(error),
  });
  learning.see(manyNames(10));
  turn();
  await expect.poll(() => told).toEqual([new Error("no")]);
  isBroken = false;
  await learning.learn();
  expect(absorbed).toEqual([`GET /users/{user} ${UNIQUE.length}`]);
});

test("after a stop nothing is decided any more", async () => {
  const { learning, published } = bench();
  learning.see(manyNames(10));
  await learning.stop();
  await learning.learn();
  expect(published).toEqual([]);
});
