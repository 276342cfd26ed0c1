// docs/rollout.md against the code: its configs load, its commands and stages are those there are.
import { expect, test } from "vitest";
import { API_ROUTES } from "../../src/admin/api.ts";
import { DECISION_REASONS } from "../../src/core/decision.ts";
import { STAGES } from "../../src/core/snapshot.ts";
import { GATE_VERDICTS } from "../../src/rollout/gate/reading.ts";
import { loadText, problemLines } from "../config/config-file.ts";
import { read, tableRows } from "../house/source-tree.ts";

const document = read("docs/rollout.md");
const blocks = (language: string) =>
  [...document.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, "g"))].map(
    ([, text = ""]) => text,
  );
const tables = tableRows(document);
const firstCells = tables.map(([cell = ""]) => cell);

test("shows configs that Parallax accepts", () => {
  expect(blocks("yaml").length).toBeGreaterThan(1);
  expect(blocks("yaml").flatMap((text) => problemLines(loadText(text)))).toEqual([]);
});

test("tells of every stage and every verdict, in their order", () => {
  const named = (known: readonly string[]) =>
    firstCells.flatMap((cell) => known.filter((name) => cell === `\`${name}\``));
  expect(named(STAGES)).toEqual([...STAGES]);
  expect(named(GATE_VERDICTS).sort()).toEqual([...GATE_VERDICTS].sort());
});

test("tells each reason of a decision in its place", () => {
  const [, section = ""] = document.split("## Who is served by whom");
  const steps = section.match(/^\d+\. .*/gm) ?? [];
  expect(steps).toHaveLength(DECISION_REASONS.length);
});

test("uses verbs and API paths that there are, each with its role", () => {
  const flags = read("src/commands/flags/rollout.ts");
  const used = blocks("sh").flatMap((text) =>
    [...text.matchAll(/parallax rollout ([a-z]+)/g)].map(([, verb]) => verb),
  );
  expect(used.length).toBeGreaterThan(7);
  for (const verb of used) expect(flags).toContain(`verb("${verb}"`);
  const twins = tables
    .filter(([, api = ""]) => /^`(GET|POST) \//.test(api))
    .flatMap(([, api = "", role = ""]) =>
      [...api.matchAll(/(GET|POST|DELETE) (\/[\w/{}]+)/g)].map(([, method = "", path = ""]) => ({
        method,
        path,
        role,
      })),
    );
  expect(twins.length).toBeGreaterThan(7);
  for (const { method, path, role } of twins) {
    const route = API_ROUTES.find(
      (known) => known.method === method.toLowerCase() && known.path === path.replace("{route}", "{id}"),
    );
    expect([path, `\`${route?.role}\``]).toEqual([path, role]);
  }
});
