/** What is said bit by bit, as a test wants it: by a tool that takes its time. */
export interface Feed extends AsyncIterable<string> {
  say(text: string): void;
  /** Nothing more comes; with an error, it breaks off. */
  end(error?: Error): void;
}

export function createFeed(): Feed {
  const said: string[] = [];
  let isOver = false;
  let error: Error | undefined;
  let wake = () => {};
  return {
    say(text) {
      said.push(text);
      wake();
    },
    end(problem) {
      isOver = true;
      error = problem;
      wake();
    },
    async *[Symbol.asyncIterator]() {
      for (;;) {
        yield* said.splice(0);
        if (said.length > 0) continue;
        if (error) throw error;
        if (isOver) return;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}
