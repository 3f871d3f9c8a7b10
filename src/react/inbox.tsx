import { deferred } from "./deferred.tsx";
import type { InboxPageProps } from "./inbox-page.tsx";
import { words } from "./words.ts";

/** The open questions of all threads, with filters, keys and bulk approval; fetched when it is first shown. */
export const Inbox = deferred<InboxPageProps>(
  async () => (await import("./inbox-page.tsx")).InboxPage,
  () => (
    <p className="flex-1 p-6 text-center text-muted text-sm" role="status">
      {words.inbox.loading}
    </p>
  ),
);
