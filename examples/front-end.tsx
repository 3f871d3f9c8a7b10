import { useStream } from "@langchain/react";
import type { PlanReview } from "countersign/agent";

export function Chat({ apiUrl }: { apiUrl: string }) {
  const chat = useStream<{ messages: object[] }, PlanReview>({ apiUrl, assistantId: "agent" });
  const plan = chat.interrupt?.value?.plan;
  const ask = (content: string) => chat.submit({ messages: [{ type: "human", content }] });
  const answer = (type: string, more = {}) => chat.respond({ type, digest: plan?.digest, ...more });
  const reject = () => answer("reject", { feedback: prompt("What should be different?") });
  const lines = chat.messages.map((message) => <p key={message.id}>{message.text}</p>);
  return (
    <main>
      {lines}
      {plan && <h2>{plan.title}</h2>}
      {plan && <button onClick={() => answer("approve")}>Approve</button>}
      {plan && <button onClick={reject}>Request changes</button>}
      <input placeholder="Ask" onKeyDown={(e) => e.key === "Enter" && ask(e.currentTarget.value)} />
    </main>
  );
}
