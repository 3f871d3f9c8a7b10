import { useStream } from "@langchain/react";
type Review = { plan: { title: string; digest: string } };

export function Chat({ apiUrl }: { apiUrl: string }) {
  const stream = useStream<{ messages: object[] }, Review>({ apiUrl, assistantId: "agent" });
  const plan = stream.interrupt?.value?.plan;
  const ask = (content: string) => stream.submit({ messages: [{ type: "human", content }] });
  const approve = () => stream.respond({ type: "approve", digest: plan?.digest });
  const reject = () => stream.respond({ type: "reject", digest: plan?.digest, feedback: prompt("Change what?") });
  const lines = stream.messages.map((message) => <p key={message.id}>{message.text}</p>);
  return (
    <main>
      {lines}
      {plan && <h2>{plan.title}</h2>}
      {plan && <button onClick={approve}>Approve</button>}
      {plan && <button onClick={reject}>Request changes</button>}
      <input placeholder="Ask" onKeyDown={(e) => e.key === "Enter" && ask(e.currentTarget.value)} />
    </main>
  );
}
