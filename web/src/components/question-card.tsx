import { useState } from "react";
import { Button } from "./button.tsx";

interface QuestionCardProps {
  interruptId: string;
  value: unknown;
  onAnswer: (interruptId: string, answer: unknown) => Promise<void>;
}

/** Any question that is no plan review: shown as it is, answered as text or JSON. */
export function QuestionCard({ interruptId, value, onAnswer }: QuestionCardProps) {
  const [text, setText] = useState("");
  const [error, setError] = useState<string | null>(null);
  const [isSending, setSending] = useState(false);

  async function send(): Promise<void> {
    setSending(true);
    setError(null);
    try {
      await onAnswer(interruptId, toAnswer(text));
    } catch (problem) {
      setError(problem instanceof Error ? problem.message : String(problem));
      setSending(false);
    }
  }

  return (
    <section aria-label="Question" className="rounded-xl border border-accent bg-panel p-4">
      <h2 className="font-semibold">The agent asks</h2>
      <pre className="my-2 overflow-auto whitespace-pre-wrap break-words rounded-md bg-sunken p-2.5 font-mono text-xs">
        {typeof value === "string" ? value : JSON.stringify(value, null, 2)}
      </pre>
      <form
        className="flex flex-wrap gap-2"
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
      >
        <input
          aria-label="Your answer, as text or JSON"
          placeholder="Your answer, as text or JSON"
          className="min-w-0 flex-1 rounded-lg border border-strong bg-bg px-2.5 py-1.5"
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <Button type="submit" kind="primary" disabled={isSending || text.trim() === ""}>
          Answer
        </Button>
      </form>
      {error ? (
        <p role="alert" className="mt-2 text-bad text-sm">
          {error}
        </p>
      ) : null}
    </section>
  );
}

function toAnswer(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
