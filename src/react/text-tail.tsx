import { deferred } from "./deferred.tsx";

/** The end of what something puts out, which goes on. */
export const TextTail = deferred<{ text: string; label: string }>(
  async () => (await import("./text-tail-view.tsx")).TextTailView,
);
