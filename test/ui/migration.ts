// A migration that runs: a whole Parallax with tokens, a legacy, a candidate that can die, and tenants who go on asking.
import { setTimeout as pause } from "node:timers/promises";
import { Agent, request } from "undici";
import type { JournalEntryAnswer, RolloutRouteAnswer } from "../../src/admin/rollout-schemas.ts";
import { type House, startHouse } from "../flow/house.ts";
import { answerByPath, startHttp } from "../flow/upstreams.ts";

/** Each of them is a name of its own: what they do is in the journal under it. */
export const TOKENS = {
  vera: "vera-may-look-and-nothing-else",
  olga: "olga-operates-all-the-routes",
  otto: "otto-operates-them-as-well",
} as const;
type Person = keyof typeof TOKENS;

const TENANTS = 60;
const CLIENTS = 6;
/** Between two requests of a client: a machine that is full tells of its queues, and not of the candidate. */
const PAUSE_MS = 15;

/** Little, so that a gate passes within seconds; what certifies the latency takes some hundred pairs all the same. */
const GATE = {
  pairsMin: 50,
  unitsMin: 5,
  warmUpSeconds: 0,
  holdSeconds: 1,
  mismatchPercentMax: 5,
  errorPercentMargin: 10,
  rescuePercentMax: 20,
  latency: { quantile: 0.5, ratioMax: 100 },
};

const SETTINGS = {
  threads: { serving: 2, shadow: 1 },
  admin: {
    tokens: Object.entries(TOKENS).map(([name, token]) => ({
      name,
      token,
      role: name === "vera" ? "viewer" : "operator",
    })),
  },
  rollout: {
    units: [{ kind: "tenant", header: "x-tenant" }],
    steps: [10, 40, 100],
    policy: "fast",
    gate: GATE,
  },
  routes: [
    { name: "orders", match: { path: "/orders/**" } },
    { name: "users", match: { path: "/users/**" }, rollout: { approvers: ["otto"] } },
    { name: "rest", match: { path: "/**" }, stage: "off" },
  ],
};

export interface Migration {
  readonly house: House;
  /** As somebody would from a shell. */
  act(who: Person, path: string, body: object): Promise<number>;
  route(name: string): Promise<RolloutRouteAnswer>;
  journal(name: string): Promise<readonly JournalEntryAnswer[]>;
  /** Clients begin to ask, and go on until it stops. */
  begin(): void;
  /** Answers that were no 200 since it began. */
  readonly failures: readonly number[];
  candidateDies(): Promise<void>;
  stop(): Promise<void>;
}

export async function startMigration(): Promise<Migration> {
  const [legacy, candidate] = await Promise.all([startHttp(answerByPath), startHttp(answerByPath)]);
  const upstreams = { legacy: { url: legacy.url }, candidate: { url: candidate.url } };
  const house = await startHouse({ ...SETTINGS, upstreams });
  const clients = new Agent({ connections: CLIENTS });
  const failures: number[] = [];
  const isOver = { yes: false };
  let asking: Promise<unknown> = Promise.resolve();
  const ask = async (turn: number): Promise<void> => {
    const path = turn % 3 === 0 ? "/users/7" : "/orders/41";
    const headers = { "x-tenant": `tenant-${turn % TENANTS}` };
    const answer = await request(`http://127.0.0.1:${house.port}${path}`, { headers, dispatcher: clients });
    await answer.body.dump();
    if (answer.statusCode !== 200) failures.push(answer.statusCode);
  };
  const client = async (first: number): Promise<void> => {
    for (let turn = first; !isOver.yes; turn += CLIENTS) {
      await ask(turn);
      await pause(PAUSE_MS);
    }
  };
  const read = async <T>(path: string): Promise<T> => {
    const headers = { authorization: `Bearer ${TOKENS.vera}` };
    return (await (await request(house.admin + path, { headers })).body.json()) as T;
  };
  return {
    house,
    act: async (who, path, body) => {
      const answer = await request(`${house.admin}/api/rollout/${path}`, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Bearer ${TOKENS[who]}` },
        body: JSON.stringify(body),
      });
      await answer.body.dump();
      return answer.statusCode;
    },
    route: (name) => read(`/api/rollout/${name}`),
    journal: async (name) =>
      (await read<{ readonly entries: readonly JournalEntryAnswer[] }>(`/api/journal?route=${name}`)).entries,
    begin: () => {
      asking = Promise.all(Array.from({ length: CLIENTS }, (_, first) => client(first)));
    },
    failures,
    candidateDies: () => candidate.stop(),
    stop: async () => {
      isOver.yes = true;
      await asking;
      await house.stop();
      await clients.close();
      await Promise.all([legacy.stop(), candidate.stop()]);
    },
  };
}
