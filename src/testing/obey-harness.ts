import { shiftClock } from "./clock.ts";
import { blockEventLoop, type FaultyStore } from "./faults.ts";
import type { Control } from "./server-process.ts";

export interface Harnessed {
  url: string;
  store: FaultyStore;
  stop(): Promise<void>;
}

/**
 * The other end of `startServerProcess`: a server that is ready calls it in its process. It does what the
 * harness says, and ends when the harness is gone.
 */
export function obeyHarness({ url, store, stop }: Harnessed): void {
  const send = (message: object) => process.send?.(message, () => {});
  process.on("disconnect", () => process.exit(1));
  process.on("message", (message) => {
    const { id, control } = message as { id: number; control: Control };
    if (control.type === "arm") store.arm(control.plan);
    if (control.type === "clock") shiftClock(control.offsetMs);
    send({ done: id });
    // Once the reply is on its way.
    if (control.type === "block") setImmediate(() => blockEventLoop(control.ms));
    if (control.type === "stop") void stop().finally(() => process.exit(0));
  });
  send({ type: "ready", url });
}
