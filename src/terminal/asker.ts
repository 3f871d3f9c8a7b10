/** A key, and what it stands for. */
export interface Option {
  key: string;
  label: string;
}

export interface LineQuestion {
  /** What is asked; nothing for the conversation itself. */
  label?: string;
  initial?: string;
  hint?: string;
  /** What was typed before, oldest first. */
  history?: readonly string[];
  /** Nothing typed is an answer, too. */
  mayBeEmpty?: boolean;
}

/**
 * How a person is asked, be it with single keys in a terminal or line by line through a pipe. Whatever waits is
 * given up with {@link Gone} when `signal` is aborted: the question has been answered elsewhere, for example.
 */
export interface Asker {
  /** True when an editor can be opened. */
  readonly canEdit: boolean;
  /** One of the options, by its key; undefined to go back. @throws {@link Interrupted}, {@link Gone}, {@link Ended} */
  choose(
    lines: readonly string[],
    options: readonly Option[],
    signal: AbortSignal,
  ): Promise<string | undefined>;
  /** A text; undefined to go back. @throws {@link Interrupted}, {@link Gone}, {@link Ended} */
  line(question: LineQuestion, signal: AbortSignal): Promise<string | undefined>;
  /** Which of the items are kept, all at first; undefined to go back. @throws {@link Interrupted}, {@link Gone}, {@link Ended} */
  pick(heading: string, items: readonly string[], signal: AbortSignal): Promise<boolean[] | undefined>;
  /** Waits for nothing but Ctrl-C, or the end of `signal`. @throws {@link Interrupted}, {@link Gone} */
  idle(signal: AbortSignal): Promise<never>;
  /** The text as it comes back from an editor. @throws Error when the editor cannot be started or fails. */
  edit(text: string, fileName: string): Promise<string>;
}

/** The person pressed Ctrl-C. */
export class Interrupted extends Error {}

/** What was asked needs no answer any more. */
export class Gone extends Error {}

/** There is no more input. */
export class Ended extends Error {}
