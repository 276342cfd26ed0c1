import fc from "fast-check";
import { expect, test } from "vitest";
import { Ranking } from "../../src/report/ranking.ts";

test("has the first rows in order, and the number of all, however they come", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 99 })),
      fc.integer({ min: 1, max: 5 }),
      (rows, rowsMax) => {
        const ranking = new Ranking<number>(rowsMax, (a, b) => a - b);
        for (const row of rows) ranking.add(row);
        expect(ranking.rows()).toEqual([...rows].sort((a, b) => a - b).slice(0, rowsMax));
        expect(ranking.total).toBe(rows.length);
      },
    ),
  );
});
