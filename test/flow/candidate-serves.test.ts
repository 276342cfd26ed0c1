// Threads as control starts them, with control saying nothing: the kill switch by its file, a trip that is told.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Agent, request } from "undici";
import { expect, onTestFinished, test } from "vitest";
import { RouteSlots } from "../../src/config/snapshot.ts";
import { Threads } from "../../src/control/threads.ts";
import type { FromThread } from "../../src/core/messages.ts";
import { configOf, snapshotOf, upstreamsAt } from "../proxy/serving-side.ts";
import { closedPort, startHttp } from "./upstreams.ts";

async function startThreads(candidatePort: number, legacyPort: number) {
  const config = configOf({
    upstreams: upstreamsAt(legacyPort, candidatePort),
    mirror: { samplePercent: 0 },
    rollout: { tripwireFailures: 2 },
  });
  const slots = new RouteSlots();
  const decide = (epoch: number, isKilled: boolean) =>
    snapshotOf(config, { stage: "live", isKilled }, { epoch, slots });
  const said: FromThread[] = [];
  const killFile = join(config.folder, "KILLED");
  let onSaid = (): void => undefined;
  const threads = new Threads(
    {
      serving: 2,
      shadow: 1,
      seamBytes: 1024 * 1024,
      listen: { host: "127.0.0.1", port: 0, tls: undefined },
      killFile,
      onMessage: (_kind, _thread, message) => {
        said.push(message);
        onSaid();
      },
      onLost: () => undefined,
      onBreaker: () => undefined,
    },
    decide(1, false),
  );
  const until = (isSaid: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      onSaid = () => isSaid() && resolve();
      onSaid();
    });
  threads.start();
  onTestFinished(() => threads.stop(100, 100));
  await until(() => threads.isListening);
  // Without a port of their own to share, each thread has one.
  const ports = said.flatMap((message) => (message.kind === "listening" ? [message.port] : []));
  const agent = new Agent();
  onTestFinished(() => agent.close());
  const servedBy = () =>
    Promise.all(
      ports.map(async (port) => {
        const { headers, body } = await request(`http://127.0.0.1:${port}/`, { dispatcher: agent });
        await body.dump();
        return headers["x-parallax-served-by"];
      }),
    );
  return { threads, decide, said, until, servedBy, killFile };
}

test("the kill switch's file takes every serving thread to the legacy; only a decision brings it back", async () => {
  const [legacy, candidate] = await Promise.all([
    startHttp((_incoming, answer) => answer.end("legacy")),
    startHttp((_incoming, answer) => answer.end("candidate")),
  ]);
  onTestFinished(async () => void (await Promise.all([legacy.stop(), candidate.stop()])));
  const { threads, decide, said, until, servedBy, killFile } = await startThreads(
    candidate.port,
    legacy.port,
  );
  expect(await servedBy()).toEqual(["candidate", "candidate"]);
  writeFileSync(killFile, "");
  await until(() => said.some(({ kind }) => kind === "kill-file"));
  expect(await servedBy()).toEqual(["legacy", "legacy"]);
  // One of them told it, once.
  expect(said.filter(({ kind }) => kind === "kill-file")).toHaveLength(1);
  threads.publish(decide(2, true));
  await until(() => threads.hasAcknowledged(2));
  expect(await servedBy()).toEqual(["legacy", "legacy"]);
  // It could not be removed, and is overruled.
  threads.publish(decide(3, false));
  threads.setKilled("file-overruled");
  await until(() => threads.hasAcknowledged(3));
  expect(await servedBy()).toEqual(["candidate", "candidate"]);
});

test("the kill switch counts before the decision has arrived, and until one without it", async () => {
  const [legacy, candidate] = await Promise.all([
    startHttp((_incoming, answer) => answer.end("legacy")),
    startHttp((_incoming, answer) => answer.end("candidate")),
  ]);
  onTestFinished(async () => void (await Promise.all([legacy.stop(), candidate.stop()])));
  const { threads, decide, until, servedBy } = await startThreads(candidate.port, legacy.port);
  threads.setKilled("on");
  expect(await servedBy()).toEqual(["legacy", "legacy"]);
  threads.publish(decide(2, false));
  await until(() => threads.hasAcknowledged(2));
  expect(await servedBy()).toEqual(["candidate", "candidate"]);
});

test("each thread that trips says so once, for the step that tripped", async () => {
  const legacy = await startHttp((_incoming, answer) => answer.end("legacy"));
  onTestFinished(() => legacy.stop());
  const { said, until, servedBy } = await startThreads(await closedPort(), legacy.port);
  for (let i = 0; i < 3; i++) expect(await servedBy()).toEqual(["legacy", "legacy"]);
  const trips = () => said.filter(({ kind }) => kind === "tripped");
  await until(() => trips().length === 2);
  expect(trips()).toMatchObject(Array.from({ length: 2 }, () => ({ since: 1, cause: "failures-in-a-row" })));
});
