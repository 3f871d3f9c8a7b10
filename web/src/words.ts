import { pageWords } from "./words-page.ts";
import { threadWords } from "./words-thread.ts";

/** All that the app says besides its cards (those have theirs in `countersign/react`), by who says it, in English. */
export const words = {
  /** While something is fetched. */
  loading: "Loading",
  ...pageWords,
  ...threadWords,
};
