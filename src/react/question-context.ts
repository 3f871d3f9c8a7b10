import { createContext, useContext } from "react";

const Active = createContext<string | null>(null);
const Thread = createContext<string | null>(null);

/** Around questions: which of them single keys answer, by interrupt id. */
export const ActiveQuestion = Active.Provider;

export function useIsActive(interruptId: string): boolean {
  return useContext(Active) === interruptId;
}

/** Around questions: the thread that they are of, for links to them. */
export const ThreadOfQuestions = Thread.Provider;

export function useThreadOfQuestions(): string | null {
  return useContext(Thread);
}
