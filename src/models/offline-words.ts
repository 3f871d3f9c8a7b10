import { formatNumber } from "./arithmetic.ts";

/** What the offline model says about itself. */

export type SmallTalk = "hello" | "thanks" | "who" | "help";

const patterns: [RegExp, SmallTalk][] = [
  [
    /\b(?:who|what) are you\b|\b(?:which|what) (?:ai |language )?model\b|\bare you (?:an? |the )?(?:real|ai|gpt|claude|llm|human|bot|robot|model|offline|person)\b|\byour name\b|\bintroduce yourself\b/i,
    "who",
  ],
  [
    /\bwhat (?:can|do|could) (?:you|i) (?:do|ask)\b|\bwhat are you able\b|\bhow (?:can|do|could) you help\b|\bhow does (?:this|it) work\b|^help\b[\s!?.]*(?:me)?[\s!?.]*$|\bwhat (?:are your )?(?:capabilities|skills)\b|\bwhat do you know\b/i,
    "help",
  ],
  [
    /^(?:many )?(?:thanks|thank you|thx|cheers|great|perfect|nice|ok(?:ay)?|cool|good (?:job|work)|well done|awesome)\b[^,;:]{0,30}$/i,
    "thanks",
  ],
  [
    /^(?:hi|hello|hey|howdy|yo|good (?:morning|afternoon|evening|day)|greetings)(?: there| you| everyone| again)?[\s!.,?]*$/i,
    "hello",
  ],
];

/** What a greeting or a question about the model is about; undefined for everything else. */
export function parseSmallTalk(request: string): SmallTalk | undefined {
  const text = request.trim();
  return text.length > 120 ? undefined : patterns.find(([pattern]) => pattern.test(text))?.[1];
}

const abilities = `- list, find and count: “list the files”, “find all markdown files”, “count the words in every file”
- read, search and sum up: “read todo.md”, “which files mention budget?”, “summarise notes/ideas.txt”
- work with numbers: “add up the amounts in data/expenses.csv by category”, “what is 12*7+3?”
- write: “write a summary of every file into summary.md”, “write a note to hello.txt: <your text>”, “append 'buy milk' to todo.md”
- change: “replace 'teh' with 'the' in notes.txt”, “sort the lines of list.txt”
- copy, move, delete: “copy a.txt to b.txt”, “move all .txt files into archive”, “make a backup of every file”, “delete all .tmp files”`;

const identity =
  "I am the **offline rehearsal model**: no language model, but fixed rules on this machine, so that you can try out plans and approvals without a network or a key.";

export function tellAbout(about: SmallTalk): string {
  switch (about) {
    case "hello":
      return `Hello! ${identity} Ask me for something with the files of the workspace, such as “list the files” or “what can you do?”`;
    case "thanks":
      return "You are welcome. What is next?";
    case "who":
      return `${identity} Set COUNTERSIGN_MODEL to use a real one.`;
    case "help":
      return `${identity} I work with the files of the workspace, and can:\n\n${abilities}\n\nAnything that changes a file becomes a plan first, which you approve, edit or send back.`;
  }
}

/** When nothing of a request was understood, or what was understood cannot be done. */
export function tellCannot(reasons: readonly string[]): string {
  const why = reasons.map((reason) => `- ${reason}`).join("\n");
  return `I could not make a plan for this. I am the offline rehearsal model and go by simple rules.\n\n${why}\n\nWhat I can do:\n\n${abilities}`;
}

export function tellNotUnderstood(clause: string): string {
  return `I do not understand “${clause}”.`;
}

/** A text that only a language model could write. */
export function tellCannotCompose(topic: string): string {
  return `I cannot compose ${topic === "" ? "texts" : topic}: give me the words, after a colon or in quotes, and I write them as they are.`;
}

export function tellSum({ expression, value }: { expression: string; value: number }): string {
  if (!Number.isFinite(value)) return `${expression} has no value: it divides by zero.`;
  return `${expression} = **${formatNumber(value)}**`;
}
