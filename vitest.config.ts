import { defineConfig } from "vitest/config";

/** Hours of faults; only `npm run soak` asks for them. */
const soak = {
  test: {
    name: "soak",
    include: ["test/soak/**/*.test.ts"],
    globalSetup: ["test/support/postgres-setup.ts"],
    testTimeout: 24 * 3_600_000,
    hookTimeout: 60_000,
  },
};

export default defineConfig({
  test: {
    projects: [
      { test: { name: "unit", include: ["test/unit/**/*.test.ts"] } },
      {
        test: {
          name: "integration",
          include: ["test/integration/**/*.test.ts"],
          globalSetup: ["test/support/postgres-setup.ts"],
          testTimeout: 60_000,
          // What is waited for comes at once; on a busy machine that may take a while.
          expect: { poll: { timeout: 20_000 } },
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          testTimeout: 120_000,
          hookTimeout: 180_000,
          maxWorkers: 2,
          // After the others: they take all the cores.
          sequence: { groupOrder: 1 },
        },
      },
      ...(process.env.SOAK_LINES === undefined ? [] : [soak]),
    ],
  },
});
