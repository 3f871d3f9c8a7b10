import { createInterface } from "node:readline";
import { type Asker, Ended, Gone, Interrupted, type LineQuestion, type Option } from "./asker.ts";

/** Asks line by line: through a pipe, in a terminal without cursor keys, for a screen reader. */
export interface LineAsker extends Asker {
  close(): void;
}

/**
 * A line is a message, or an answer by its key or its word: `a`, `approve`. What follows on the line is the text
 * that this answer takes: `r write it to notes.txt`.
 */
export function createLineAsker(stdin: NodeJS.ReadStream, print: (line: string) => void): LineAsker {
  const lines: string[] = [];
  let isEnded = false;
  let isInterrupted = false;
  let wake: (() => void) | undefined;
  const reader = createInterface({ input: stdin, terminal: false });
  reader.on("line", (line) => {
    lines.push(line);
    wake?.();
  });
  reader.on("close", () => {
    isEnded = true;
    wake?.();
  });
  const interrupt = () => {
    isInterrupted = true;
    wake?.();
  };
  process.on("SIGINT", interrupt);

  async function next(signal: AbortSignal): Promise<string> {
    for (;;) {
      if (isInterrupted) {
        isInterrupted = false;
        throw new Interrupted();
      }
      if (signal.aborted) throw new Gone();
      const line = lines.shift();
      if (line !== undefined) return line;
      if (isEnded) throw new Ended();
      await something(signal);
    }
  }

  function something(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        wake = undefined;
        signal.removeEventListener("abort", done);
        resolve();
      };
      wake = done;
      signal.addEventListener("abort", done);
    });
  }

  return {
    canEdit: false,
    async choose(above, options, signal) {
      // What was typed before the question could be read does not answer it.
      if (stdin.isTTY) lines.length = 0;
      for (const line of above) print(line);
      print(options.map(({ key, label }) => `${key} ${label}`).join(" · "));
      for (;;) {
        const line = (await next(signal)).trim();
        const found = findOption(line, options);
        if (found !== undefined) {
          if (found.rest !== "") lines.unshift(found.rest);
          return found.key;
        }
        if (line !== "") print(`That is none of ${options.map(({ key }) => key).join(", ")}.`);
      }
    },
    async line({ label, mayBeEmpty = false }: LineQuestion, signal) {
      if (label !== undefined && lines.length === 0) print(label);
      for (;;) {
        const line = (await next(signal)).trim();
        if (line !== "" || mayBeEmpty) return line;
      }
    },
    async pick(heading, items, signal) {
      print(heading);
      for (const [index, item] of items.entries()) print(`${index + 1}. ${item}`);
      print("Numbers to leave out, as 2 or 2,3; nothing to go back:");
      for (;;) {
        const line = (await next(signal)).trim();
        if (line === "") return undefined;
        const numbers = line.split(/[\s,]+/).map(Number);
        const kept = items.map((_item, index) => !numbers.includes(index + 1));
        const isGood = numbers.every((one) => Number.isInteger(one) && one >= 1 && one <= items.length);
        if (isGood && kept.some(Boolean)) return kept;
        print(isGood ? "One step must stay." : `That is no list of numbers from 1 to ${items.length}.`);
      }
    },
    async idle(signal) {
      for (;;) {
        if (isInterrupted) {
          isInterrupted = false;
          throw new Interrupted();
        }
        if (signal.aborted) throw new Gone();
        await something(signal);
      }
    },
    edit() {
      throw new Error("There is no terminal for an editor here.");
    },
    close() {
      process.off("SIGINT", interrupt);
      reader.close();
    },
  };
}

function findOption(line: string, options: readonly Option[]): { key: string; rest: string } | undefined {
  for (const { key, label } of options) {
    for (const word of [label, key]) {
      if (line.toLowerCase() === word.toLowerCase()) return { key, rest: "" };
      if (line.toLowerCase().startsWith(`${word.toLowerCase()} `)) {
        return { key, rest: line.slice(word.length + 1).trim() };
      }
    }
  }
  return undefined;
}
