// TLS on both sides: clients over TLS, https:// upstreams, and a certificate that nobody vouches for.
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { connect } from "node:tls";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { converse, nonZero, readToEnd, startHouse } from "./house.ts";
import { answerByPath, startHttp, type Upstream } from "./upstreams.ts";

const fixture = (name: string): string => join(import.meta.dirname, "..", "fixtures", "tls", name);
const CERT = fixture("localhost.crt");
const KEY = fixture("localhost.key");
const OTHER = fixture("other.crt");
const GET = "GET /a HTTP/1.1\r\nhost: a.test\r\nconnection: close\r\n\r\n";

describe("over TLS", () => {
  let plain: Upstream;
  let secureUrl: string;
  let stopSecure: () => void;
  const seen: string[] = [];

  beforeAll(async () => {
    plain = await startHttp(answerByPath);
    const secure = createServer({ cert: readFileSync(CERT), key: readFileSync(KEY) }, (incoming, answer) => {
      seen.push(`${incoming.headers["x-forwarded-proto"]} ${incoming.url}`);
      answerByPath(incoming, answer);
    });
    await new Promise<void>((resolve) => secure.listen(0, "127.0.0.1", resolve));
    secureUrl = `https://localhost:${(secure.address() as AddressInfo).port}`;
    stopSecure = () => {
      secure.closeAllConnections();
      secure.close();
    };
  });

  afterAll(async () => {
    stopSecure();
    await plain.stop();
  });

  const converseSecurely = async (port: number, bytes: string): Promise<string> => {
    const socket = connect({ host: "127.0.0.1", port, servername: "localhost", ca: readFileSync(CERT) });
    socket.write(bytes);
    return (await readToEnd(socket)).toString("latin1");
  };

  test("clients are served, and both upstreams are reached over TLS", async () => {
    const upstream = { url: secureUrl, tls: { caFile: CERT } };
    const house = await startHouse({
      threads: { serving: 2, shadow: 1 },
      listenTls: { certFile: CERT, keyFile: KEY },
      // The same server by its name and by its address: both are in the certificate.
      upstreams: {
        legacy: upstream,
        candidate: { ...upstream, url: secureUrl.replace("localhost", "127.0.0.1") },
      },
    });
    try {
      seen.length = 0;
      const pipelined = GET.replace("connection: close\r\n", "");
      const answer = await converseSecurely(house.port, pipelined + GET.replace("/a", "/large"));
      expect(answer.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(2);
      expect(answer.length).toBeGreaterThan(300_000);
      expect((await house.settled(2)).match).toBe(2);
      expect(seen.sort()).toEqual(["https /a", "https /a", "https /large", "https /large"]);
      // Plain bytes to the TLS port are no request and disturb nobody.
      expect((await converse(house.port, GET)).toString()).not.toMatch(/^HTTP\/1\.1 200/);
      expect((await converseSecurely(house.port, GET)).startsWith("HTTP/1.1 200 ")).toBe(true);
    } finally {
      await house.stop();
    }
  });

  for (const [what, tls] of [
    ["an authority that nobody named", {}],
    ["the wrong authority", { caFile: OTHER }],
    ["another name than the one asked for", { caFile: CERT, servername: "elsewhere.test" }],
  ] as const) {
    test(`a legacy with ${what} is 502 upstream-tls`, async () => {
      const house = await startHouse({
        threads: { serving: 1, shadow: 1 },
        upstreams: { legacy: { url: secureUrl, tls } },
      });
      try {
        const answer = (await converse(house.port, GET)).toString();
        expect(answer).toMatch(/^HTTP\/1\.1 502 /);
        expect(answer).toContain('"upstream-tls"');
      } finally {
        await house.stop();
      }
    });
  }

  test("a candidate with the wrong authority is incomparable, and the client is served", async () => {
    const house = await startHouse({
      threads: { serving: 1, shadow: 1 },
      upstreams: { legacy: { url: plain.url }, candidate: { url: secureUrl, tls: { caFile: OTHER } } },
    });
    try {
      expect((await converse(house.port, GET)).toString()).toMatch(/^HTTP\/1\.1 200 /);
      const { incomparableByReason } = await house.settled(1);
      expect(nonZero(incomparableByReason)).toEqual({ "candidate-unreachable": 1 });
    } finally {
      await house.stop();
    }
  });
});
