// What a scrape tells of endpoints and signatures, of real traffic.
import { expect, test } from "vitest";
import { converse, startHouse } from "./house.ts";
import { startHttp } from "./upstreams.ts";

test("tells outcomes and latency by endpoint, and signatures by what was decided", async () => {
  const answer = (price: string) =>
    startHttp((_, out) => {
      out.setHeader("content-type", "application/json");
      out.end(`{"price":${price}}`);
    });
  const [legacy, candidate] = await Promise.all([answer("1"), answer("2")]);
  const house = await startHouse({
    threads: { serving: 1, shadow: 1 },
    upstreams: { legacy: { url: legacy.url }, candidate: { url: candidate.url } },
  });
  try {
    for (let n = 1; n <= 3; n++)
      await converse(house.port, `GET /items/${n} HTTP/1.1\r\nhost: shop.test\r\nconnection: close\r\n\r\n`);
    await house.settled(3);
    // A scrape looks at the store every ten seconds at most: the first one comes when there is something to see.
    await expect
      .poll(async () => (await fetch(`${house.admin}/api/differences`)).json())
      .toMatchObject({ total: 1 });
    await expect
      .poll(() => house.metrics(), { timeout: 25_000, interval: 50 })
      .toContain('parallax_signatures{route="default",tier="suspect",state="new"} 1');
    const metrics = await house.metrics();
    for (const line of [
      'parallax_endpoint_exchanges_total{endpoint="GET /items/{id}",outcome="mismatch"} 3',
      'parallax_endpoint_open_signatures{endpoint="GET /items/{id}",tier="suspect"} 1',
      'parallax_mirrored_duration_seconds_count{route="default",upstream="candidate"} 3',
    ])
      expect(metrics).toContain(line);
    expect(metrics).toMatch(
      /parallax_endpoint_latency_seconds\{endpoint="GET \/items\/\{id\}",upstream="legacy",quantile="0.99"\} 0\.\d+/,
    );
  } finally {
    await house.stop();
    await Promise.all([legacy.stop(), candidate.stop()]);
  }
});
