import type { StreamController } from "@langchain/langgraph-sdk/stream";
import type { Server } from "./server.ts";

/** Whether something goes on on a thread. */
export interface Activity {
  isOn(): boolean;
  /** A run of our own has been sent: it is on until the server says otherwise. */
  begin(): void;
  close(): void;
}

/** Ms between two looks at the server while it is unclear whether it is over. */
const unclearMs = 100;
/** Ms between two looks while a run is on, for the case that its end was lost. */
const runningMs = 2_000;

/**
 * The stock controller says that a run is over a moment before its question or its last words are there, says so
 * at times while old events are replayed, and may miss an end. So whenever it says that a run is over, the server
 * is asked, and the thread read once more; until then it counts as on.
 */
export function followActivity(
  { client }: Pick<Server, "client">,
  controller: StreamController<Record<string, unknown>>,
  { threadId, changed }: { threadId: string; changed: () => void },
): Activity {
  let isOn = false;
  let isAsking = false;
  /** The controller goes on saying that a run is on, and the server knows better. */
  let isStale = false;
  let isClosed = false;
  /** Runs of our own: what was asked about before one was sent says nothing of it. */
  let begun = 0;

  const isLoading = () => controller.rootStore.getSnapshot().isLoading;

  /** Looks until it is clear that the run is over, and everything it left is here. */
  async function confirm(): Promise<void> {
    if (isAsking) return;
    isAsking = true;
    for (let seenIdle = 0; !isClosed; ) {
      if (isLoading()) await pause(controller, runningMs);
      const before = begun;
      const status = await statusOf(client, threadId);
      if (status === "busy" || status === undefined || begun !== before) {
        seenIdle = 0;
        if (!isLoading()) await pause(controller, unclearMs);
        continue;
      }
      seenIdle += 1;
      // Seen twice: a run that is just being accepted is not on yet.
      if (isLoading() && seenIdle < 2) continue;
      if (status !== "none") await controller.hydrate().catch(() => {});
      if (begun === before) break;
      seenIdle = 0;
    }
    isStale = isLoading();
    isOn = false;
    isAsking = false;
    changed();
  }

  const look = () => {
    if (!isLoading()) isStale = false;
    else if (!isStale) begin();
  };
  const begin = () => {
    isStale = false;
    isOn = true;
    void confirm();
  };
  const unsubscribe = controller.rootStore.subscribe(look);
  look();
  return {
    isOn: () => isOn,
    begin() {
      begun += 1;
      begin();
    },
    close() {
      isClosed = true;
      unsubscribe();
    },
  };
}

/** `none` when there is no such thread (yet); undefined when the server does not answer. */
async function statusOf(client: Server["client"], threadId: string): Promise<string | undefined> {
  try {
    return (await client.threads.get(threadId)).status;
  } catch (error) {
    return (error as { status?: number }).status === 404 ? "none" : undefined;
  }
}

/** So many ms, or less: it is over as soon as the controller says that nothing is on any more. */
function pause({ rootStore }: StreamController<Record<string, unknown>>, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const wasLoading = rootStore.getSnapshot().isLoading;
    const done = () => {
      clearTimeout(timer);
      unsubscribe();
      resolve();
    };
    const timer = setTimeout(done, ms);
    const unsubscribe = rootStore.subscribe(() => {
      if (wasLoading && !rootStore.getSnapshot().isLoading) done();
    });
  });
}
