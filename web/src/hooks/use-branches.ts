import { type AnyStream, STREAM_CONTROLLER } from "@langchain/react";
import { refresh } from "countersign/react";
import { useCallback, useEffect, useState } from "react";
import { leavesOf, partingOf, pathOf, toVersions, type Versions } from "../lib/branches.ts";
import { getKnots, getMessageIds, takeUp } from "../lib/history.ts";

/** Versions of a thread that are looked at, at most: the newest. */
const maxBranches = 40;

const none: ReadonlyMap<string, Versions> = new Map();

/** What an ended version said never changes. */
const said = new Map<string, Promise<string[]>>();

/**
 * The other versions of a thread's messages: what was said differently before, as the history has it. One is taken
 * up by going on from where it ended.
 *
 * @param threadId - Null until the server has the thread.
 */
export function useBranches(
  stream: AnyStream,
  threadId: string | null,
): {
  versions: ReadonlyMap<string, Versions>;
  /** Absent while something runs or waits. */
  takeUpVersion: ((leaf: string) => Promise<void>) | undefined;
} {
  const controller = stream[STREAM_CONTROLLER];
  const { isLoading, isThreadLoading } = stream;
  const count = stream.messages.length;
  const [versions, setVersions] = useState(none);
  const isThere = threadId !== null && !isLoading && count > 0;
  const isSettled = isThere && !isThreadLoading;

  // biome-ignore lint/correctness/useExhaustiveDependencies: `threadId` is another thread's versions
  useEffect(() => setVersions(none), [threadId]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what was said changes the versions
  useEffect(() => {
    if (!isSettled || threadId === null) return;
    let isGone = false;
    readVersions(threadId).then(
      (found) => {
        if (!isGone) setVersions(found);
      },
      () => {}, // without them the conversation is still whole; looked at again when it changes
    );
    return () => {
      isGone = true;
    };
  }, [threadId, isSettled, count]);

  const takeUpVersion = useCallback(
    async (leaf: string) => {
      if (threadId === null) return;
      await takeUp(threadId, leaf);
      await refresh(controller);
      setVersions(await readVersions(threadId));
    },
    [threadId, controller],
  );
  // Also while the thread is looked at once more: what is pressed then counts.
  const isFree = isThere && stream.interrupts.length === 0;
  return { versions, takeUpVersion: isFree ? takeUpVersion : undefined };
}

async function readVersions(threadId: string): Promise<ReadonlyMap<string, Versions>> {
  const knots = await getKnots(threadId);
  const [head, ...others] = leavesOf(knots).slice(0, maxBranches);
  if (head === undefined || others.length === 0) return none;
  const parents = new Map(knots.map(({ id, parent }) => [id, parent]));
  const messages = await getMessageIds(threadId, head);
  const path = pathOf(head, parents);
  const branches = await Promise.all(
    others.map(async (leaf) => {
      const [began, parted] = partingOf(pathOf(leaf, parents), path);
      return { leaf, began, parted, messages: await idsOf(threadId, leaf) };
    }),
  );
  return toVersions({ leaf: head, messages }, branches);
}

function idsOf(threadId: string, leaf: string): Promise<string[]> {
  const key = `${threadId}/${leaf}`;
  const known = said.get(key);
  if (known !== undefined) return known;
  const ids = getMessageIds(threadId, leaf);
  said.set(key, ids);
  ids.catch(() => said.delete(key));
  return ids;
}
