import { useStream } from "@langchain/react";

type Review = { plan: { title: string; digest: string } };

export function Chat({ apiUrl }: { apiUrl: string }) {
  const chat = useStream<{ messages: object[] }, Review>({ apiUrl, assistantId: "agent" });
  const plan = chat.interrupt?.value?.plan;
  const ask = (content: string) => chat.submit({ messages: [{ type: "human", content }] });
  const reject = () => chat.respond({ type: "reject", digest: plan?.digest, feedback: prompt("Change what?") });
  const lines = chat.messages.map((message) => <p key={message.id}>{message.text}</p>);
  return (
    <main>
      {lines}
      {plan && <h2>{plan.title}</h2>}
      {plan && <button onClick={() => chat.respond({ type: "approve", digest: plan.digest })}>Approve</button>}
      {plan && <button onClick={reject}>Request changes</button>}
      <input placeholder="Ask" onKeyDown={(e) => e.key === "Enter" && ask(e.currentTarget.value)} />
    </main>
  );
}
