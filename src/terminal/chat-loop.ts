import { answerQuestion } from "./answer-question.ts";
import { Ended, Gone, Interrupted } from "./asker.ts";
import type { TerminalContext } from "./context.ts";
import type { Conversation } from "./conversation.ts";
import type { exitCodes } from "./exit-codes.ts";
import { toPlain } from "./safe-text.ts";
import { createView } from "./view.ts";

export interface Chat {
  /** Talks until the person leaves. Returns how it ended. */
  run(message: string | undefined): Promise<keyof typeof exitCodes>;
  close(): void;
}

const help = `Type what you want done; enter sends it, alt-enter or ctrl-j begins a new line, up brings back what you
said before. When a plan is shown, single keys decide. Ctrl-C stops a run, and leaves where there is none.
/go goes on with what was stopped or failed, /quit leaves.`;

export function createChat(conversation: Conversation, context: TerminalContext, greeting: string): Chat {
  const view = createView(conversation, context, greeting);
  const { asker, say, canvas } = view;
  const kept = new Map<string, string>();
  const history: string[] = [];
  /** What the person was last told by Ctrl-C: the next one leaves. */
  let isLeaving = false;

  /** Does something until the thread is in another state, then gives it up with {@link Gone}. */
  async function whileIn<T>(holds: () => boolean, act: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const over = new AbortController();
    const look = () => {
      if (!holds()) over.abort(new Gone());
    };
    const unsubscribe = conversation.subscribe(look);
    try {
      look();
      return await act(over.signal);
    } finally {
      unsubscribe();
    }
  }

  async function watch(): Promise<void> {
    const isRunning = () => conversation.now().isLoading;
    try {
      await whileIn(isRunning, (signal) => asker.idle(signal));
    } catch (error) {
      if (!(error instanceof Interrupted)) throw error;
      const options = [
        { key: "y", label: "stop it" },
        { key: "n", label: "let it run" },
      ];
      const question = "Stop the run? Ctrl-C again leaves, and it goes on without you.";
      const key = await whileIn(isRunning, (signal) => asker.choose([question], options, signal));
      if (key !== "y") return;
      const stopped = canvas().style.warn("■ Stopped. /go goes on with it.");
      await conversation.stop().then(
        () => say([stopped]),
        (failure: Error) => say([canvas().style.bad(toPlain(failure.message))]),
      );
    }
  }

  async function answerOne(): Promise<void> {
    const { questions } = conversation.now();
    const [question] = questions;
    if (question === undefined) return;
    const isOpen = () => conversation.now().questions.some(({ id }) => id === question.id);
    const described = await conversation.describe(question);
    const position = questions.length > 1 ? `Question 1 of ${questions.length}` : "";
    await whileIn(isOpen, (signal) =>
      answerQuestion({ question: described, position, conversation, asker, canvas, say, kept, signal }),
    );
  }

  async function hear(): Promise<"leave" | undefined> {
    const isQuiet = () => !conversation.now().isLoading && conversation.now().questions.length === 0;
    const hint = isLeaving
      ? "Ctrl-C again leaves."
      : history.length === 0
        ? "enter sends · /help · ctrl-c leaves"
        : "";
    const text = await whileIn(isQuiet, (signal) =>
      asker.line({ ...(hint === "" ? {} : { hint }), history }, signal),
    );
    isLeaving = false;
    if (text === undefined || text === "") return undefined;
    history.push(text);
    if (text === "/quit" || text === "/exit") return "leave";
    if (text === "/help") say(help.split("\n"));
    else if (text === "/go") conversation.goOn();
    else conversation.send(text);
    return undefined;
  }

  async function turn(): Promise<"leave" | undefined> {
    const { isLoading, questions } = conversation.now();
    try {
      if (isLoading) await watch();
      else if (questions.length > 0) await answerOne();
      else return await hear();
    } catch (error) {
      if (error instanceof Gone) return undefined;
      if (!(error instanceof Interrupted) || isLeaving || isLoading) throw error;
      isLeaving = true;
      const stays = questions.length > 0 ? " The question stays open." : "";
      if (questions.length > 0) say([canvas().style.dim(`Ctrl-C again leaves.${stays}`)]);
      return undefined;
    }
    isLeaving = false;
    return undefined;
  }

  return {
    async run(message) {
      if (message !== undefined) {
        history.push(message);
        conversation.send(message);
      }
      try {
        while ((await turn()) === undefined);
      } catch (error) {
        if (!(error instanceof Interrupted || error instanceof Ended)) throw error;
      }
      if (view.isInteractive) return "done";
      const { questions, error } = conversation.now();
      if (error !== null) return "failed";
      return questions.length > 0 ? "waiting" : "done";
    },
    close: () => view.close(),
  };
}
