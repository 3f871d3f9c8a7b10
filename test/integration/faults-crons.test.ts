import { Client } from "@langchain/langgraph-sdk";
import { expect, test } from "vitest";
import { storeKinds } from "../support/both-stores.ts";
import { inputs, startFaultServer } from "../support/faults.ts";
import { temporaryDatabase } from "../support/postgres.ts";
import { temporaryDirectory } from "../support/serve.ts";

const dayMs = 86_400_000;

for (const kind of storeKinds) {
  for (const moment of ["before", "after"]) {
    test(`${kind}: killed ${moment} the commit of a tick's run, the run is there once, and is finished`, async () => {
      await using directory = await temporaryDirectory();
      await using database = kind === "postgres" ? await temporaryDatabase() : undefined;
      const options = { directory: directory.path, store: database?.url };
      const env = { FAULT_LEASE_MS: "600" };
      let server = await startFaultServer({ ...options, env });
      try {
        const clientOf = () =>
          new Client({ apiUrl: server.url, apiKey: null, callerOptions: { maxRetries: 0 } });
        const { thread_id: threadId } = await clientOf().threads.create();
        const terms = { schedule: "0 0 * * *", input: inputs.letters ?? {} };
        const cron = await clientOf().crons.createForThread(threadId, "letters", terms);
        const fault = { at: `runs.accept:${moment}`, threadId, do: "kill" } as const;
        await server.tell({ type: "arm", plan: { faults: [fault] } });
        await server.tell({ type: "clock", offsetMs: dayMs });
        expect(await server.exited).toBe("SIGKILL");

        server = await startFaultServer({ ...options, env: { ...env, FAULT_CLOCK_MS: String(dayMs) } });
        const runs = async () => (await clientOf().runs.list(threadId)).map(({ status }) => status);
        await expect.poll(runs, { timeout: 20_000, interval: 20 }).toEqual(["success"]);
        expect((await clientOf().threads.get(threadId)).status).toBe("interrupted");
        const [after] = await clientOf().crons.search();
        expect(Date.parse(after?.next_run_date ?? "")).toBe(Date.parse(cron.next_run_date) + dayMs);
        // Whoever looks again finds nothing to do.
        await server.kill();
        server = await startFaultServer({ ...options, env: { ...env, FAULT_CLOCK_MS: String(dayMs) } });
        await clientOf().threads.create();
        expect(await runs()).toEqual(["success"]);
      } finally {
        await server.kill();
      }
    });
  }
}
