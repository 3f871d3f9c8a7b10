import type { Conversation } from "./use-conversation.ts";
import { hashOfMessage } from "./use-route.ts";

/** What any message has, whoever said it: its address, and its other versions. */
export function useMessage(id: string, conversation: Conversation) {
  const { threadId, versions, takeUpVersion } = conversation;
  return {
    link: threadId === null ? null : hashOfMessage(threadId, id),
    versions: versions.get(id),
    onVersion: takeUpVersion,
  };
}
