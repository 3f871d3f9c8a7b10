import { expect, test } from "vitest";
import { createServer, type Store } from "../../src/http/index.ts";
import { listen } from "../../src/node/index.ts";
import { storeKinds, temporaryPlace } from "../support/both-stores.ts";
import { openInterrupts, sendCommand, waitForStatus } from "../support/command.ts";
import { createParallelGraph } from "../support/graphs.ts";

/** A store in which whoever reads questions next waits, with what was read, until let go. */
function createHolding(store: Store) {
  let held: { read: () => void; free: Promise<void> } | undefined;
  const holding: Store = Object.create(store, {
    interrupts: {
      get: () => ({
        ...store.interrupts,
        async find(...asked: Parameters<Store["interrupts"]["find"]>) {
          const rows = await store.interrupts.find(...asked);
          const mine = held;
          held = undefined;
          mine?.read();
          await mine?.free;
          return rows;
        },
      }),
    },
  });
  return {
    store: holding,
    /** Resolves when the next reader has read; `letGo` lets him go on. */
    hold() {
      let letGo = () => {};
      const free = new Promise<void>((resolve) => {
        letGo = resolve;
      });
      const isHeld = new Promise<void>((read) => {
        held = { read, free };
      });
      return { isHeld, letGo };
    },
  };
}

test.each(storeKinds)(
  "%s: who is overtaken between two looks is told who was first, not that the graph changed",
  async (kind) => {
    await using place = await temporaryPlace(kind);
    const holding = createHolding(place.store());
    const graphs = { letters: createParallelGraph() };
    const server = createServer({ graphs, store: holding.store });
    const { url, stop } = await listen(server, { port: 0, host: "127.0.0.1" });
    try {
      const threadId = crypto.randomUUID();
      const params = { assistant_id: "letters", input: { letters: ["a"] } };
      await sendCommand(url, threadId, { method: "run.start", params });
      const [question] = openInterrupts(await waitForStatus(url, threadId, "interrupted"));
      const answer = (response: string, name: string) =>
        sendCommand(url, threadId, {
          method: "input.respond",
          params: { interrupt_id: question?.id, response },
          headers: { "x-countersign-name": name },
        });
      const { isHeld, letGo } = holding.hold();
      const late = answer("no", "ben");
      await isHeld;
      expect(await answer("yes", "ana")).toMatchObject({ type: "success" });
      await waitForStatus(url, threadId, "idle");
      letGo();
      expect(await late).toMatchObject({
        type: "error",
        error: "no_such_interrupt",
        meta: { winner: { answered_by: "local:ana" } },
      });
    } finally {
      await stop();
    }
  },
);
