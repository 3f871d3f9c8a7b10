import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { input, openRows, type Row } from "../support/rows.ts";

/** What is beyond both protocols, row by row; the list is in docs/protocol.md. */

let at: Row;
beforeAll(async () => {
  at = await openRows();
});
afterAll(() => at[Symbol.asyncDispose]());
beforeEach(() => at.gate.open());

interface Shown {
  run_id: string;
  status: string;
  stop_after_step?: true;
}

test("9.1 POST /threads/:id/runs/:rid/cancel?after=step: what runs is finished; what waits ends; not with a rollback", async () => {
  const { threadId, runId } = await at.held();
  await at.until(threadId, "busy");
  const cancel = (run: string, query: string) =>
    at.call(`POST /threads/${threadId}/runs/${run}/cancel?${query}`);
  const run = async (id: string) => (await at.call<Shown>(`GET /threads/${threadId}/runs/${id}`)).body;
  const { result } = await at.command(threadId, "run.start", { assistant_id: "chat", input });
  const waiting = String(result?.run_id);
  expect((await cancel(runId, "after=step&action=rollback")).status).toBe(400);
  expect((await cancel("none", "after=step")).status).toBe(404);
  expect(await run(runId)).not.toHaveProperty("stop_after_step");
  expect((await cancel(runId, "after=step")).status).toBe(202);
  expect(await run(runId)).toMatchObject({ status: "running", stop_after_step: true });
  expect((await cancel(waiting, "after=step&wait=1")).status).toBe(204);
  expect((await run(waiting)).status).toBe("interrupted");
  at.gate.open();
  await at.until(threadId, "idle");
  expect(await run(runId)).toMatchObject({ status: "success" });
});
