import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/ui/built-page.ts"],
    pool: "forks",
    // Whole-program tests start threads and real upstreams: more than two at once only slows them all.
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 30_000,
    expect: { poll: { timeout: 15_000 } },
    reporters: process.env["CI"] ? ["default"] : ["default"],
  },
});
