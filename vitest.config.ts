import { defineConfig } from "vitest/config";

/** Hours of faults; only `npm run soak` asks for them. */
const soak = {
  test: {
    name: "soak",
    include: ["test/soak/**/*.test.ts"],
    globalSetup: ["test/support/postgres-setup.ts", "test/support/bundle-servers.ts"],
    testTimeout: 24 * 3_600_000,
    hookTimeout: 60_000,
  },
};

/** Files at once. Most wait more than they work; with two cores Vitest itself would take one. A browser works. */
const maxWorkers = 3;
const browsers = 2;

/** A worker loads what its files import once, not for each of them: LangGraph alone takes a second. */
const isolate = false;

export default defineConfig({
  test: {
    projects: [
      // Properties are looked at many times: on a busy machine that may take a while.
      {
        test: { name: "unit", include: ["test/unit/**/*.test.ts"], testTimeout: 30_000, maxWorkers, isolate },
      },
      {
        test: {
          name: "integration",
          include: ["test/integration/**/*.test.ts"],
          maxWorkers,
          isolate,
          globalSetup: ["test/support/postgres-setup.ts", "test/support/bundle-servers.ts"],
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
          globalSetup: ["test/support/bundle-servers.ts"],
          testTimeout: 120_000,
          expect: { poll: { timeout: 20_000 } },
          hookTimeout: 180_000,
          maxWorkers: browsers,
          isolate,
          // After the others: they take all the cores.
          sequence: { groupOrder: 1 },
        },
      },
      ...(process.env.SOAK_LINES === undefined ? [] : [soak]),
    ],
  },
});
