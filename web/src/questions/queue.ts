import { createContext, useContext } from "react";

/** Which of the open questions single keys answer. */
export const ActiveQuestion = createContext<string | null>(null);

export function useIsActive(interruptId: string): boolean {
  return useContext(ActiveQuestion) === interruptId;
}

/** The thread that the questions are of: for links to them. */
export const ThreadOfQuestions = createContext<string | null>(null);
