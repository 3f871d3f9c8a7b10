import { deferred } from "./deferred.tsx";
import { words } from "./words.ts";

/** The rules by which calls are not asked about again, to be read and taken back; fetched when it is first shown. */
export const AllowRules = deferred<object>(
  async () => (await import("./allow-rules-list.tsx")).AllowRulesList,
  () => (
    <p role="status" className="text-muted text-sm">
      {words.allowRules.loading}
    </p>
  ),
);
