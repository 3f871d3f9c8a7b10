import type { CheckpointPort, Fact, StoredCheckpoint, StoredWrite } from "./ports.ts";

/**
 * Checkpoints of a thread that is not there yet: what is recorded is kept here and read again from here, so
 * that several steps can be made of which all are recorded later, or none.
 */
export function stageCheckpoints(threadId: string): {
  port: CheckpointPort;
  record: (facts: Fact[]) => Promise<void>;
  facts: Fact[];
} {
  const facts: Fact[] = [];
  const checkpoints = (): StoredCheckpoint[] =>
    facts
      .flatMap((fact) => {
        if (fact.type !== "checkpoint") return [];
        const { contents: _, ...checkpoint } = fact.checkpoint;
        return [{ ...checkpoint, threadId, runId: null }];
      })
      .toReversed();
  const isAt = (ns: string, id: string | undefined) => (one: StoredCheckpoint) =>
    one.checkpointNs === ns && (id === undefined || one.checkpointId === id);
  const never = async () => {
    throw new Error("A thread that is not there yet is only written to.");
  };
  return {
    facts,
    async record(more) {
      facts.push(...more);
    },
    port: {
      find: async (_threadId, ns, id) => checkpoints().find(isAt(ns, id)),
      list: async (_threadId, { checkpointNs }) =>
        checkpoints().filter((one) => checkpointNs === undefined || one.checkpointNs === checkpointNs),
      async writes(_threadId, ns, id) {
        return facts.flatMap((fact): StoredWrite[] => {
          if (fact.type !== "writes") return [];
          const { checkpointNs, checkpointId, taskId, taskPath, writes } = fact.writes;
          if (checkpointNs !== ns || checkpointId !== id) return [];
          return writes.map((write) => ({ ...write, taskId, taskPath }));
        });
      },
      async contents(_threadId, hashes) {
        const all = facts.flatMap((fact) => {
          if (fact.type === "checkpoint") return fact.checkpoint.contents;
          return fact.type === "writes" ? fact.writes.contents : [];
        });
        const known = new Map(all.map(({ hash, bytes }) => [hash, bytes]));
        return new Map(
          hashes.flatMap((hash) => {
            const bytes = known.get(hash);
            return bytes ? [[hash, bytes] as const] : [];
          }),
        );
      },
      delete: never,
      prune: never,
      patchNewest: never,
      record: never,
    },
  };
}
