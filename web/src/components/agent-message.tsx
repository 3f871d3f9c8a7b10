import { Markdown, MediaList, SourceList, type TimelineItem, useDraft } from "countersign/react";
import { Bot } from "lucide-react";
import type { Conversation } from "../hooks/use-conversation.ts";
import { useMessage } from "../hooks/use-message.ts";
import { words } from "../words.ts";
import { MessageActions, MessageEditor } from "./message-actions.tsx";
import { OtherParts } from "./other-parts.tsx";

interface AgentMessageProps {
  item: Extract<TimelineItem, { type: "agent" }>;
  conversation: Conversation;
}

/** What an agent said, with what it holds besides text. */
export function AgentMessage({ item, conversation }: AgentMessageProps) {
  const { id, text, media = [], sources = [], others = [] } = item;
  const { link, versions, onVersion } = useMessage(id, conversation);
  const { askAgain, threadId } = conversation;
  const [draft, setDraft] = useDraft<string>(`instead.${threadId}.${id}`);
  const { asked, next } = around(item, conversation.items);
  return (
    <div className="group/message" dir="auto">
      {text === "" ? null : <Markdown text={text} />}
      <MediaList media={media} />
      <OtherParts parts={others} />
      <SourceList sources={sources} />
      {draft !== undefined && next ? (
        <MessageEditor
          draft={draft}
          onDraft={setDraft}
          label={words.message.goOnEditor}
          hint={words.message.goOnHint}
          className="mt-2"
          onSave={askAgain && ((said) => askAgain(next.id, said))}
        />
      ) : (
        <MessageActions
          text={text}
          link={link}
          onAgain={askAgain && asked ? () => askAgain(asked.id, asked.text) : undefined}
          onGoOn={askAgain && next ? () => setDraft("") : undefined}
          versions={versions}
          onVersion={onVersion}
        />
      )}
    </div>
  );
}

type Person = Extract<TimelineItem, { type: "person" }>;

/** What this message answered, and what was said to it: after it the thread can go another way. */
function around({ id }: TimelineItem, items: readonly TimelineItem[]) {
  const isPerson = (item: TimelineItem): item is Person => item.type === "person";
  const at = items.findIndex((item) => item.id === id);
  return { asked: items.slice(0, at).findLast(isPerson), next: items.slice(at + 1).find(isPerson) };
}

/** Whose words follow, where a graph has several agents. */
export function AgentName({ name }: { name: string }) {
  return (
    <p className="flex items-center gap-1.5 font-medium text-muted text-xs">
      <Bot className="size-3.5" aria-hidden /> {name}
    </p>
  );
}
