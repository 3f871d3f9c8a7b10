import type { Journal } from "./journal.ts";
import type { RunRecord } from "./ports.ts";

/** Records once that the run acts: from then on the answer that it carries stays. */
export function createActing(journal: Journal, { kind }: RunRecord) {
  let isKnown = kind !== "resume";
  return {
    isKnown() {
      isKnown = true;
    },
    async note(): Promise<void> {
      if (isKnown) return;
      await journal.commit([{ type: "acted" }]).catch(() => {}); // told through onFailure
      isKnown = true;
    },
  };
}
