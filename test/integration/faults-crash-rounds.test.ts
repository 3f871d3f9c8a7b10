import { expect, test } from "vitest";
import { runCrashRounds } from "../../src/testing/index.ts";
import { inputs, ledgerOf, startFaultServer } from "../support/faults.ts";
import { temporaryDirectory } from "../support/serve.ts";

/** Printed when it fails; set `COUNTERSIGN_SEED` to see the same instants again. 1,000 kills are in `npm run soak`. */
const seed = Number(process.env.COUNTERSIGN_SEED ?? Date.now() % 1_000_000);

test(`killed at random instants (seed ${seed}), nothing is lost, nothing runs twice, and every reader comes to the state`, async () => {
  await using directory = await temporaryDirectory();
  const { kills, faults, threads } = await runCrashRounds({
    start: (plan) =>
      startFaultServer({
        directory: directory.path,
        plan,
        env: { FAULT_DELAY_MS: "1", FAULT_LEASE_MS: "1000" },
      }),
    seed,
    kills: 8,
    limitMs: 15_000,
    inputs: { agent: inputs.agent ?? {}, letters: inputs.letters ?? {} },
    ledger: ledgerOf(directory.path),
  });
  expect(faults, `seed ${seed}`).toEqual([]);
  expect(kills).toBeGreaterThan(0);
  expect(threads).toBeGreaterThan(0);
}, 180_000);
