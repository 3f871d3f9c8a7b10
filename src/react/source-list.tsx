import { deferred } from "./deferred.tsx";
import type { Source } from "./sources.ts";

const View = deferred<{ sources: readonly Source[] }>(
  async () => (await import("./source-list-view.tsx")).SourceListView,
);

/** What a message cites, by the numbers that stand in its text. */
export function SourceList({ sources }: { sources: readonly Source[] }) {
  return sources.length === 0 ? null : <View sources={sources} />;
}
