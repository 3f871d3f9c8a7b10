import type { AnyStream, STREAM_CONTROLLER } from "@langchain/react";
import { describeError, refresh } from "countersign/react";

/** @throws the same, in a person's words */
export function toWords(error: unknown): never {
  throw new Error(describeError(error));
}

/** True where it is not known whether the server has heard of it. */
export function hadNoReply(error: unknown): boolean {
  return error instanceof TypeError || /Failed to fetch|Unable to connect/.test(String(error));
}

/**
 * Shows a message that was taken at the second try. The stock hook takes what failed once out of the thread, even when
 * the server has it, and only the look after that shows it again.
 */
export async function showTaken(controller: AnyStream[typeof STREAM_CONTROLLER]): Promise<void> {
  await refresh(controller);
  await refresh(controller);
}

/** The stock hook shows a message before it is taken; what comes back into its box is not shown twice. */
export function takeOut(controller: AnyStream[typeof STREAM_CONTROLLER], id: string): void {
  controller.rootStore.setState((state) => ({
    ...state,
    messages: state.messages.filter((message) => message.id !== id),
  }));
}
