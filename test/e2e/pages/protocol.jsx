import { useStream, useSubmissionQueue } from "@langchain/react";
import { useState } from "react";
import { query, rememberThread, show, View } from "./view.jsx";

function Page() {
  const [threadId, setThreadId] = useState(query.get("thread"));
  const chat = useStream({
    apiUrl: location.origin,
    assistantId: query.get("graph"),
    threadId,
    onThreadId(id) {
      setThreadId(id);
      rememberThread(id);
    },
    maxReconnectAttempts: 1000,
    reconnectDelayMs: () => 50,
  });
  const { entries } = useSubmissionQueue(chat);
  const say = (text, options) => chat.submit({ messages: [{ type: "human", content: text }] }, options);
  return (
    <View
      messages={chat.messages}
      values={chat.values}
      interrupts={chat.interrupts}
      isLoading={chat.isLoading}
      error={chat.error}
      queued={entries}
      actions={{
        Say: (text) => say(text),
        Queue: (text) => say(text, { multitaskStrategy: "enqueue" }),
        Start: (_text, value) => chat.submit(value),
        Answer: (_text, value) => chat.respond(value),
        "Answer all": (_text, value) =>
          chat.respondAll(Object.fromEntries(chat.interrupts.map(({ id }) => [id, value]))),
        Stop: () => chat.stop(),
        async Fork(text) {
          const history = await chat.client.threads.getHistory(chat.threadId, { limit: 100 });
          const first = history.at(-1);
          await say(text, { forkFrom: first.checkpoint.checkpoint_id });
        },
      }}
    />
  );
}

show(<Page />);
