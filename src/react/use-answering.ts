import { useState } from "react";

/** One answer on its way at a time, and what went wrong with the last one. */
export function useAnswering(onAnswer: (answer: unknown) => Promise<void>) {
  const [isSending, setSending] = useState(false);
  const [error, setError] = useState<string | null>(null);
  return {
    isSending,
    error,
    setError,
    /** True when it was taken. */
    async send(answer: unknown): Promise<boolean> {
      if (isSending) return false;
      setSending(true);
      setError(null);
      try {
        await onAnswer(answer);
        return true;
      } catch (problem) {
        setError(problem instanceof Error ? problem.message : String(problem));
        setSending(false);
        return false;
      }
    },
  };
}
