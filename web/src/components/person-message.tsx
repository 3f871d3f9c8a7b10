import { useState } from "react";
import type { Conversation } from "../hooks/use-conversation.ts";
import { MessageActions, MessageEditor } from "./message-actions.tsx";

interface PersonMessageProps {
  id: string;
  text: string;
  conversation: Conversation;
}

/** What the person said, and how to say it differently. */
export function PersonMessage({ id, text, conversation }: PersonMessageProps) {
  const [isEditing, setEditing] = useState(false);
  const { askAgain } = conversation;
  if (isEditing && askAgain) {
    return (
      <MessageEditor
        text={text}
        onSave={async (next) => {
          await askAgain(id, next);
          setEditing(false);
        }}
        onCancel={() => setEditing(false)}
      />
    );
  }
  return (
    <div className="group/message ml-auto flex max-w-[85%] flex-col items-end">
      <div
        className="whitespace-pre-wrap break-words rounded-2xl rounded-br-md bg-accent-soft px-4 py-2.5"
        dir="auto"
      >
        {text}
      </div>
      <MessageActions text={text} onEdit={askAgain ? () => setEditing(true) : undefined} />
    </div>
  );
}
