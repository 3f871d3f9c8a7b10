import { getHistory } from "../lib/api.ts";

/** Pages of the history that are read, at most. */
const maxPages = 20;

/**
 * The checkpoint in which a message was not said yet: where a thread is taken up to say it differently. Read
 * from the history, newest first.
 *
 * @returns undefined when the message is further back than is read.
 */
export async function findForkPoint(threadId: string, messageId: string): Promise<string | undefined> {
  let before: { checkpointId: string } | undefined;
  for (let page = 0; page < maxPages; page += 1) {
    const states = await getHistory(threadId, before);
    for (const { values, checkpoint } of states) {
      const messages = (values.messages ?? []) as { id?: string }[];
      // The input itself is a checkpoint whose values do not have it yet; the one before it is whole.
      if (!messages.some(({ id }) => id === messageId)) return checkpoint.checkpoint_id ?? undefined;
    }
    const last = states.at(-1)?.checkpoint.checkpoint_id;
    if (last == null) return undefined;
    before = { checkpointId: last };
  }
  return undefined;
}
