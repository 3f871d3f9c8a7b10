import { useStream } from "@langchain/react";
import { Countersign, Inbox, InterruptQueue, PlanReview, useInbox } from "countersign/react";
import { StrictMode, useState } from "react";
import { createRoot } from "react-dom/client";
import "countersign/react/styles.css";
import "./page.css";

const apiUrl = `${location.origin}/api`;
function Page() {
  const inbox = useInbox();
  const [threadId, setThreadId] = useState<string | null>(null);
  const [isInbox, setInbox] = useState(false);
  const open = (id: string | null) => {
    setThreadId(id);
    setInbox(false);
  };
  return (
    <>
      <header className="top">
        <h1>Office</h1>
        <button onClick={() => open(null)}>New request</button>
        <button onClick={() => setInbox(true)}>Waiting ({inbox.entries?.length ?? 0})</button>
      </header>
      <main>
        {isInbox && <Inbox inbox={inbox} onOpen={(entry) => open(entry.threadId)} />}
        {!isInbox && <Chat threadId={threadId} onThreadId={setThreadId} />}
      </main>
    </>
  );
}

function Chat({ threadId, onThreadId }: { threadId: string | null; onThreadId: (id: string) => void }) {
  const stream = useStream<{ messages: object[] }>({ apiUrl, assistantId: "agent", threadId, onThreadId });
  const said = stream.messages.map(({ id, type, text }) => type !== "tool" && text && <p key={id}>{text}</p>);
  const ask = (box: HTMLInputElement) => {
    void stream.submit({ messages: [{ type: "human", content: box.value }] });
    box.value = "";
  };
  return (
    <>
      {said}
      <PlanReview stream={stream} />
      <InterruptQueue stream={stream} without="plan" />
      <input
        aria-label="What should be done?"
        placeholder="What should be done?"
        onKeyDown={({ key, currentTarget }) => key === "Enter" && ask(currentTarget)}
      />
    </>
  );
}

createRoot(document.getElementById("root") as HTMLElement).render(
  <StrictMode>
    <Countersign apiUrl={apiUrl} theme="system">
      <Page />
    </Countersign>
  </StrictMode>,
);
