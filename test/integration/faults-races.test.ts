import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { runAnswerRaces } from "../../src/testing/index.ts";
import { inputs, ledgerOf, startFaultServer } from "../support/faults.ts";
import { temporaryDirectory } from "../support/serve.ts";

const clientScript = fileURLToPath(new URL("../support/fault-client.mjs", import.meta.url));

// 200 rounds of each are part of `npm run soak`.
test("50 people answer one plan at once from 4 processes: one is accepted, and everybody is told who", async () => {
  await using directory = await temporaryDirectory();
  await using server = await startFaultServer({ directory: directory.path });
  const { rounds, won, faults } = await runAnswerRaces({
    urls: [server.url],
    rounds: 10,
    clientScript,
    seed: 1,
    input: inputs.agent ?? {},
    ledger: ledgerOf(directory.path),
  });
  expect(faults).toEqual([]);
  expect(Object.values(won).reduce((sum, count) => sum + count, 0)).toBe(rounds);
});
