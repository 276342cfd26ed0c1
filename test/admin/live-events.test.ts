import { request } from "node:http";
import { connect } from "node:net";
import { expect, test } from "vitest";
import { EVENTS_UNREAD_MAX, LISTENERS_MAX, LiveEvents } from "../../src/admin/live-events.ts";
import type { Summary } from "../../src/admin/schemas.ts";
import { batch, eventIn, SUMMARY, send, signatureDelta, startAdmin } from "./fixtures.ts";

const NO_LOG = { warn: () => undefined };

/** Everything until the other side ends it. */
async function textOf(stream: ReadableStream<Uint8Array> | null): Promise<string> {
  let text = "";
  for await (const chunk of stream ?? []) text += new TextDecoder().decode(chunk);
  return text;
}

function eventsOf(summary: () => Promise<Summary>): LiveEvents {
  // An hour: what is tested here does not wait for the timer.
  return new LiveEvents({ summary, log: NO_LOG, everyMs: 3_600_000 });
}

test("a listener hears the summary at once, again and again, and of changes", async () => {
  const { base, server } = await startAdmin({ summaryEveryMs: 5 });
  const response = await fetch(`${base}/api/events`);
  expect(response.headers.get("content-type")).toBe("text/event-stream");
  expect(JSON.parse(await eventIn(response, "summary"))).toMatchObject({
    epoch: SUMMARY.epoch,
    signatures: { open: 0, untriaged: 0, confirmed: 0 },
    store: { kind: "ok" },
  });
  const again = await fetch(`${base}/api/events`);
  const heard = eventIn(again, "changed");
  server.changed("kill");
  expect(JSON.parse(await heard)).toEqual({ what: "kill" });
  let summaries = 0;
  for await (const chunk of (await fetch(`${base}/api/events`)).body ?? []) {
    summaries += new TextDecoder().decode(chunk).split("event: summary").length - 1;
    if (summaries >= 3) break;
  }
  expect(summaries).toBeGreaterThanOrEqual(3);
});

test("a proxy in front is told to pass events on as they come", async () => {
  const { port } = await startAdmin();
  const { headers } = await send(port, "/api/events", { method: "HEAD" });
  expect(headers["x-accel-buffering"]).toBe("no");
});

test("triage is told of, when it changed something", async () => {
  const { base, store } = await startAdmin({ summaryEveryMs: 3_600_000 });
  store.record(batch({ signatures: [signatureDelta()] }));
  await store.flush();
  const response = await fetch(`${base}/api/events`);
  const heard = eventIn(response, "changed");
  await fetch(`${base}/api/triage`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: '{"ids":["00000000000000aa"],"state":"fixed"}',
  });
  expect(JSON.parse(await heard)).toEqual({ what: "triage" });
});

test("HEAD is answered, and takes no listener's place", async () => {
  const { port } = await startAdmin();
  for (let time = 0; time <= LISTENERS_MAX; time++) {
    const answer = await send(port, "/api/events", { method: "HEAD" });
    expect([answer.status, answer.headers["content-type"], answer.body]).toEqual([
      200,
      "text/event-stream",
      "",
    ]);
  }
});

/** Listens on a connection of its own: fetch has so many at once, and no more. */
function listen(port: number): Promise<{ readonly status: number; readonly leave: () => void }> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: "127.0.0.1", port, path: "/api/events", agent: false }, (answer) => {
      answer.on("error", () => undefined);
      answer.resume();
      resolve({ status: answer.statusCode ?? 0, leave: () => asked.destroy() });
    });
    asked.once("error", reject);
    asked.end();
  });
}

test("at most 64 listen; one more is told to ask instead; who leaves makes room", async () => {
  const { base, port } = await startAdmin();
  const first = await listen(port);
  for (let others = 1; others < LISTENERS_MAX; others++) expect((await listen(port)).status).toBe(200);
  const refused = await fetch(`${base}/api/events`);
  expect(refused.status).toBe(503);
  expect(await refused.json()).toMatchObject({ error: "events-busy" });
  first.leave();
  await expect.poll(async () => (await listen(port)).status, { timeout: 5_000 }).toBe(200);
  expect((await listen(port)).status).toBe(503);
});

test("one that does not read is cut, at n unread and no sooner; others hear on", async () => {
  const events = eventsOf(() => new Promise(() => undefined));
  const cut: string[] = [];
  events.open(() => cut.push("slow"));
  const other = events.open(() => cut.push("other")).getReader();
  // The opening is unread as well.
  for (let sent = 1; sent < EVENTS_UNREAD_MAX; sent++) {
    events.changed("rules");
    await other.read();
  }
  expect(cut).toEqual([]);
  await other.read();
  events.changed("rules");
  expect([cut, events.listeners]).toEqual([["slow"], 1]);
  events.close();
});

test("a client that stops reading its socket is let go", async () => {
  const big = { ...SUMMARY, threads: Array.from({ length: 20_000 }, () => SUMMARY.threads[0]) } as Summary;
  const { port, adminLogged } = await startAdmin({ summaryEveryMs: 5 }, { summary: () => big });
  const socket = connect({ host: "127.0.0.1", port });
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  socket.on("error", () => undefined);
  socket.write("GET /api/events HTTP/1.1\r\nhost: localhost\r\n\r\n");
  socket.pause();
  await expect
    .poll(() => adminLogged.map(({ message }) => message), { timeout: 20_000 })
    .toContain("a listener of live events did not read, and was let go");
  socket.resume();
  await closed;
});

test("while the store takes its time the connection shows that it is there, and nothing is asked twice", async () => {
  let asked = 0;
  const events = new LiveEvents({
    summary: () => {
      asked++;
      return new Promise(() => undefined);
    },
    log: NO_LOG,
    everyMs: 1,
  });
  const reader = events.open(() => undefined).getReader();
  let text = "";
  while (text.split(": still here\n\n").length < 3)
    text += new TextDecoder().decode((await reader.read()).value);
  expect(text.startsWith("retry: 2000\n\n")).toBe(true);
  // Once for the one who came, and once by the timer.
  expect(asked).toBe(2);
  events.close();
});

test("a summary that cannot be made is in the log, and ends nothing", async () => {
  const logged: string[] = [];
  const events = new LiveEvents({
    summary: () => Promise.reject(new Error("no")),
    log: { warn: (_fields: object, message?: string) => void logged.push(message ?? "") },
    everyMs: 1,
  });
  const reader = events.open(() => undefined).getReader();
  let text = "";
  while (!text.includes(": still here")) text += new TextDecoder().decode((await reader.read()).value);
  expect(logged[0]).toBe("the summary for live events could not be made");
  events.close();
});

test("the server's end ends them", async () => {
  const { base, server } = await startAdmin();
  const response = await fetch(`${base}/api/events`);
  const text = textOf(response.body);
  await server.close();
  expect(await text).toContain("retry: 2000");
});
