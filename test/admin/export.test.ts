// GET /api/export: all lines and only those asked for, whatever the client does with them.
import { connect } from "node:net";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { LINE_STREAMS_MAX } from "../../src/admin/line-streams.ts";
import { exportLineSchema } from "../../src/admin/schemas.ts";
import {
  batch,
  endpointDelta,
  OPEN,
  pathDelta,
  START_MS,
  sample,
  send,
  signatureDelta,
  startAdmin,
  TOKEN,
} from "./fixtures.ts";

type Admin = Awaited<ReturnType<typeof startAdmin>>;

interface Line {
  readonly kind: string;
  readonly schemaVersion: number;
  readonly endpoint: { readonly endpoint: string; readonly route: string };
  readonly signature: { readonly id: string; readonly breaking: number };
  readonly exchange: { readonly id: string; readonly curl: string };
  readonly rule: { readonly routes: readonly string[] };
}

async function linesOf(admin: Admin, query = ""): Promise<readonly Line[]> {
  const { status, body, headers } = await send(admin.port, `/api/export${query}`);
  expect(status, body).toBe(200);
  expect(headers["content-type"]).toBe("application/x-ndjson");
  if (body !== "") expect(body.endsWith("\n")).toBe(true);
  return body
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Line);
}

const names = (lines: readonly Line[]) =>
  lines.map(
    (line) =>
      line.signature?.id ?? line.exchange?.id ?? line.rule?.routes.join() ?? `${line.endpoint.endpoint}`,
  );

async function seeded(): Promise<Admin> {
  const admin = await startAdmin();
  const late = START_MS + 60_000;
  admin.store.record(
    batch({
      endpoints: [
        endpointDelta({ paired: 30 }),
        endpointDelta({ endpoint: "GET /orders", route: "orders", lastSeenMs: late }),
      ],
      signatures: [
        signatureDelta(),
        signatureDelta({ id: "bb", endpoint: "GET /orders", path: "/n" }, 3, late),
      ],
      paths: [pathDelta({ candidateOnly: 20 })],
      samples: [
        sample("s1"),
        sample("s2", { atMs: late, route: "orders", endpoint: "GET /orders", signatureIds: ["bb"] }),
        sample("s3", {
          atMs: late + 1,
          route: "orders",
          endpoint: "GET /orders",
          verdict: "incomparable",
          signatureIds: [],
        }),
      ],
    }),
  );
  await admin.store.flush();
  return admin;
}

describe("an export", () => {
  test("has a line of its schema for every endpoint, signature, exchange and rule", async () => {
    const lines = await linesOf(await seeded());
    for (const line of lines) expect(exportLineSchema.safeParse(line).error?.message).toBeUndefined();
    expect(lines.map(({ kind }) => kind)).toEqual([
      ...[
        "endpoint",
        "endpoint",
        "signature",
        "signature",
        "exchange",
        "exchange",
        "exchange",
        "rule",
        "rule",
      ],
    ]);
    expect(lines[4]?.exchange.curl).toContain("http://legacy.test");
    expect(lines[2]?.signature.breaking).toBe(2);
  });

  test.each([
    ["?kind=rule&route=orders", ["users,orders"]],
    ["?kind=endpoint&endpoint=GET%20%2Fuser*", ["GET /users/{id}"]],
    ["?endpoint=GET%20%2Forders", ["GET /orders", "bb", "s3", "s2", "users", "users,orders"]],
    ["?kind=exchange&endpoint=GET%20%2Forder*", ["s3", "s2"]],
    ["?kind=exchange&tier=confirmed", ["s1"]],
    ["?kind=signature&tier=suspect", ["bb"]],
    ["?kind=signature&route=users", ["00000000000000aa"]],
    ["?kind=exchange&route=users", ["s1"]],
    ["?since=2026-01-01T00:01:00Z", ["GET /orders", "bb", "s3", "s2", "users", "users,orders"]],
    ["?endpoint=GET%20%2Fnone&kind=endpoint", []],
  ])("%s has what it asks for", async (query, expected) => {
    expect(names(await linesOf(await seeded(), query))).toEqual(expected);
  });

  test.each(["?kind=all", "?since=yesterday", "?tier=x", "?limit=3", `?endpoint=${"*".repeat(9)}`])(
    "%s is a 400",
    async (query) => {
      const { port } = await startAdmin();
      expect((await send(port, `/api/export${query}`)).status).toBe(400);
    },
  );

  test("is for who has the token alone", async () => {
    const { port } = await startAdmin({ access: { ...OPEN, token: TOKEN } });
    expect((await send(port, "/api/export")).status).toBe(401);
    const headers = { authorization: `Bearer ${TOKEN}` };
    expect((await send(port, "/api/export", { headers })).status).toBe(200);
  });

  test("of a store that cannot be read is a 503, and is cut when that happens on the way", async () => {
    const closed = await startAdmin();
    await closed.store.close();
    expect((await send(closed.port, "/api/export")).status).toBe(503);
    const admin = await startAdmin(
      {},
      { rules: async () => ({ kind: "failed", code: "io", message: "the disk is gone" }) },
    );
    admin.store.record(batch({ endpoints: [endpointDelta()] }));
    await admin.store.flush();
    await expect(fetch(`${admin.base}/api/export`).then((answer) => answer.text())).rejects.toThrow();
    expect(admin.adminLogged.map(({ message }) => message)).toEqual(["an export ended before it was whole"]);
  });
});

/** As many signatures, of about 900 bytes a line. */
async function filled(rows: number, options: Parameters<typeof startAdmin>[0] = {}): Promise<Admin> {
  const admin = await startAdmin(options);
  const path = `/${"p".repeat(300)}`;
  admin.store.record(
    batch({
      signatures: Array.from({ length: rows }, (_, index) => signatureDelta({ id: `${index}`, path })),
    }),
  );
  await admin.store.flush();
  return admin;
}

/** A client that sends the request and takes nothing until it is asked to. */
function silentClient(port: number) {
  const socket = connect(port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  socket.pause();
  socket.on("error", () => undefined);
  socket.write("GET /api/export?kind=signature HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n");
  return socket;
}

describe("20,000 rows", () => {
  test("come whole, each once, a page at a time", async () => {
    const admin = await filled(20_000);
    const walk = vi.spyOn(admin.store, "walkSignatures");
    const ids = new Set((await linesOf(admin, "?kind=signature")).map(({ signature }) => signature.id));
    expect(ids.size).toBe(20_000);
    const pages = walk.mock.calls.map(([{ limit }]) => limit);
    expect(Math.max(...pages)).toBe(100);
    expect(pages.length).toBe(201);
  });

  test("are not read for a client that takes nothing; it gets all once it reads on", async () => {
    const admin = await filled(20_000);
    const walk = vi.spyOn(admin.store, "walkSignatures");
    const socket = silentClient(admin.port);
    // Whatever the sockets hold is full when nothing more is asked for.
    let asked = -1;
    await vi.waitFor(
      () => {
        const before = asked;
        asked = walk.mock.calls.length;
        expect(asked).toBeGreaterThan(0);
        expect(asked).toBe(before);
      },
      { interval: 250, timeout: 20_000 },
    );
    expect(asked).toBeLessThan(150);
    let text = "";
    socket.setEncoding("utf8");
    socket.on("data", (chunk: string) => {
      text += chunk;
    });
    socket.resume();
    await new Promise((resolve) => socket.once("end", resolve));
    expect(text.match(/"kind":"signature"/g)).toHaveLength(20_000);
    expect(text.endsWith("0\r\n\r\n")).toBe(true);
  });

  test("end for a client that takes nothing for too long, and for one that went away", async () => {
    const admin = await filled(20_000, { stallMsMax: 50 });
    const stalled = silentClient(admin.port);
    const closed = new Promise((resolve) => stalled.once("close", resolve));
    await vi.waitFor(() => expect(admin.adminLogged).toHaveLength(1), { timeout: 20_000 });
    stalled.resume();
    await closed;
    const gone = await filled(20_000);
    const walk = vi.spyOn(gone.store, "walkSignatures");
    const socket = silentClient(gone.port);
    await vi.waitFor(() => expect(walk).toHaveBeenCalled());
    socket.destroy();
    await vi.waitFor(() => expect(gone.adminLogged).toHaveLength(1), { timeout: 20_000 });
    expect(walk.mock.calls.length).toBeLessThan(201);
  });

  test(`go to ${LINE_STREAMS_MAX} clients at once; one more is told to wait, and HEAD holds no place`, async () => {
    const admin = await filled(20_000);
    for (let head = 0; head < LINE_STREAMS_MAX + 1; head++)
      expect((await send(admin.port, "/api/export", { method: "HEAD" })).status).toBe(200);
    const walk = vi.spyOn(admin.store, "walkSignatures");
    const sockets = Array.from({ length: LINE_STREAMS_MAX }, () => silentClient(admin.port));
    await vi.waitFor(() => expect(walk.mock.calls.length).toBeGreaterThan(2 * LINE_STREAMS_MAX));
    const { status, body } = await send(admin.port, "/api/export?kind=rule");
    expect({ status, body: JSON.parse(body).error }).toEqual({ status: 503, body: "export-busy" });
    sockets[0]?.destroy();
    await vi.waitFor(async () => expect((await send(admin.port, "/api/export?kind=rule")).status).toBe(200));
  });
});
