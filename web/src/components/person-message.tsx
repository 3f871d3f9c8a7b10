import { MediaList, type TimelineItem, useDraft } from "countersign/react";
import type { Conversation } from "../hooks/use-conversation.ts";
import { useMessage } from "../hooks/use-message.ts";
import { words } from "../words.ts";
import { MessageActions, MessageEditor } from "./message-actions.tsx";
import { OtherParts } from "./other-parts.tsx";

interface PersonMessageProps {
  item: Extract<TimelineItem, { type: "person" }>;
  conversation: Conversation;
}

/** What the person said, and how to say it differently. */
export function PersonMessage({ item, conversation }: PersonMessageProps) {
  const { id, text, name, media = [], others = [] } = item;
  const { askAgain, threadId } = conversation;
  const [draft, setDraft] = useDraft<string>(`said.${threadId}.${id}`);
  const { link, versions, onVersion } = useMessage(id, conversation);
  if (draft !== undefined) {
    return (
      <MessageEditor
        draft={draft}
        onDraft={setDraft}
        label={words.message.editor}
        hint={words.message.editHint}
        className="ms-auto w-full max-w-[85%]"
        onSave={askAgain && ((next) => askAgain(id, next))}
      />
    );
  }
  return (
    <div className="group/message ms-auto flex max-w-[85%] flex-col items-end">
      {name ? <p className="mb-0.5 text-muted text-xs">{name}</p> : null}
      {text === "" ? null : (
        <div
          className="max-w-full whitespace-pre-wrap break-words rounded-2xl rounded-ee-md bg-accent-soft px-4 py-2.5 [overflow-wrap:anywhere]"
          dir="auto"
        >
          {text}
        </div>
      )}
      <MediaList media={media} />
      <OtherParts parts={others} />
      <MessageActions
        text={text}
        link={link}
        isAtEnd
        onEdit={askAgain ? () => setDraft(text) : undefined}
        versions={versions}
        onVersion={onVersion}
      />
    </div>
  );
}
