import { deferred } from "./deferred.tsx";
import type { Media } from "./media.ts";

const View = deferred<{ media: readonly Media[] }>(
  async () => (await import("./media-list-view.tsx")).MediaListView,
);

/** Images and files of a message or a step. What is elsewhere is fetched by a click, and in a tab of its own. */
export function MediaList({ media }: { media: readonly Media[] }) {
  return media.length === 0 ? null : <View media={media} />;
}
