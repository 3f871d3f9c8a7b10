import { useStream } from "@langchain/langgraph-sdk/react";
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
    reconnectOnMount: true,
    fetchStateHistory: true,
  });
  const say = (text, options) => chat.submit({ messages: [{ type: "human", content: text }] }, options);
  return (
    <View
      messages={chat.messages}
      values={chat.values}
      interrupts={[chat.interrupt ?? []].flat()}
      isLoading={chat.isLoading}
      error={chat.error}
      actions={{
        Say: (text) => say(text),
        Answer: (_text, value) => chat.submit(undefined, { command: { resume: value } }),
        Stop: () => chat.stop(),
      }}
    />
  );
}

show(<Page />);
