import { type Asker, Ended, Gone, Interrupted } from "./asker.ts";
import { editText } from "./editor.ts";
import { type Key, listenToKeys } from "./keyboard.ts";
import { choosePrompt, idlePrompt, linePrompt, type Prompt, pickPrompt } from "./prompts.ts";
import type { Canvas } from "./render.ts";
import type { Cursor } from "./screen.ts";

/** Asks with single keys. What is asked is drawn by whoever owns the screen. */
export interface KeyAsker extends Asker {
  /** What is asked now. */
  draw(canvas: Canvas): { lines: string[]; cursor?: Cursor };
  close(): void;
}

export interface KeyAskerOptions {
  stdin: NodeJS.ReadStream;
  env: NodeJS.ProcessEnv;
  /** What is asked looks different now. */
  changed: () => void;
  /** Before the terminal is given to an editor. */
  leave: () => void;
}

/** Ms without a key after which a key that follows is meant for what is on the screen now. */
const pauseMs = 600;

export function createKeyAsker({ stdin, env, changed, leave }: KeyAskerOptions): KeyAsker {
  let prompt: Prompt<unknown> = idlePrompt;
  let settle: ((outcome: { value?: unknown; error?: Error }) => void) | undefined;
  let stopListening = listenToKeys(stdin, press);

  function press(key: Key): void {
    if (key.ctrl && key.name === "c") {
      if (prompt === typing && typing.text() !== "") {
        typing.clear();
        changed();
      } else if (settle === undefined) isInterrupted = true;
      else settle({ error: new Interrupted() });
      return;
    }
    const at = performance.now();
    const isTypedOn = wasTyping && at - lastKeyAt < pauseMs;
    lastKeyAt = at;
    // Whoever was typing when the question came up has not read it: what they go on typing is no answer.
    if (isTypedOn) return;
    wasTyping = false;
    const heard = prompt.press(key);
    if (heard?.type === "answer") settle?.({ value: heard.value });
    if (heard?.type === "ended") settle?.({ error: new Ended() });
    if (heard?.type === "changed") changed();
  }

  /** The conversation's own line: what is typed there stays when something comes between. */
  let typing: ReturnType<typeof linePrompt> | undefined;
  let typed = "";
  let lastKeyAt = Number.NEGATIVE_INFINITY;
  /** Ctrl-C came while nothing was asked. */
  let isInterrupted = false;
  /** What is asked now has taken the place of the conversation's own line. */
  let wasTyping = false;

  function ask<T>(next: Prompt<T>, signal: AbortSignal): Promise<T | undefined> {
    return new Promise((resolve, reject) => {
      const gone = () => settle?.({ error: new Gone() });
      settle = ({ value, error }) => {
        settle = undefined;
        prompt = idlePrompt;
        signal.removeEventListener("abort", gone);
        changed();
        if (error === undefined) resolve(value as T | undefined);
        else reject(error);
      };
      prompt = next;
      signal.addEventListener("abort", gone);
      if (isInterrupted) {
        isInterrupted = false;
        settle({ error: new Interrupted() });
      } else if (signal.aborted) gone();
      else changed();
    });
  }

  return {
    canEdit: true,
    choose: (lines, options, signal) => ask(choosePrompt(lines, options), signal),
    async line(question, signal) {
      if (question.label !== undefined) return ask(linePrompt(question), signal);
      const own = linePrompt({ ...question, initial: typed, endsOnEof: true });
      typing = own;
      const since = performance.now();
      try {
        const text = await ask(own, signal);
        typed = "";
        return text;
      } catch (error) {
        typed = error instanceof Gone ? own.text() : "";
        wasTyping = error instanceof Gone && lastKeyAt > since;
        throw error;
      } finally {
        typing = undefined;
      }
    },
    pick: (heading, items, signal) => ask(pickPrompt(heading, items), signal),
    idle: (signal) => ask(idlePrompt, signal) as Promise<never>,
    async edit(text, fileName) {
      stopListening();
      leave();
      try {
        return await editText(text, fileName, env);
      } finally {
        stopListening = listenToKeys(stdin, press);
        changed();
      }
    },
    draw: (canvas) => prompt.draw(canvas),
    close: () => stopListening(),
  };
}
