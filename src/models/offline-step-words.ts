import { isReading, outputOf, type Step, subjectOf } from "./offline-steps.ts";
import { joinWords } from "./offline-workspace.ts";

/** What a step does, in words, from its tool and its arguments and nothing else. */

type Numbered = (step: Step) => string;

export function tellEffect(step: Step): string {
  const { tool, args } = step;
  const path = String(args.path ?? "");
  const [from, to] = [String(args.from ?? ""), String(args.to ?? "")];
  switch (tool) {
    case "write_file":
      return `it creates ${path}, and fails when that exists with another text.`;
    case "replace_file":
      return `it overwrites ${path}; what was in it is lost.`;
    case "append_file":
      return `it adds text at the end of ${path}.`;
    case "copy_file":
      return `it copies ${from} to ${to}, which must not exist yet.`;
    case "move_file":
      return `it moves ${from} to ${to}, which must not exist yet.`;
    case "delete_file":
      return `it deletes ${path} for good.`;
    case "make_directory":
      return `it makes the folder ${path}.`;
    case "search_text":
      return `it looks for “${String(args.query ?? "")}” in files, and changes nothing.`;
    default:
      return isReading(tool)
        ? `it only looks${path === "" || path === "." ? "" : ` at ${path}`}, and changes nothing.`
        : `it calls ${tool} with ${JSON.stringify(args)}. More than that I do not know about this tool.`;
  }
}

/** What cannot be taken back, by the tools of the steps; tools that it does not know are named. */
export function tellLasting(steps: readonly Step[], where: string, numberOf: Numbered): string {
  const list = (chosen: readonly Step[]) =>
    chosen.map((step) => `- **${numberOf(step)}**, “${step.title}”: ${tellEffect(step)}`).join("\n");
  const lasting = steps.filter(({ tool }) => tool === "delete_file" || tool === "replace_file");
  const unknown = steps.filter((step) => !isKnown(step));
  const parts = [
    lasting.length > 0
      ? `These cannot be undone:\n\n${list(lasting)}`
      : `In ${where} nothing is deleted or overwritten, as far as I know the tools.`,
    ...(unknown.length > 0 ? [`Of these I do not know it:\n\n${list(unknown)}`] : []),
  ];
  return parts.join("\n\n");
}

export function tellTouched(steps: readonly Step[], numberOf: Numbered): string {
  const lines = steps.map((step) => {
    const paths = [subjectOf(step), outputOf(step)].filter((path) => path !== undefined);
    const touched = paths.length === 0 ? "no file by name" : joinWords([...new Set(paths)]);
    return `- **${numberOf(step)}**, “${step.title}”: ${touched}; ${tellEffect(step)}`;
  });
  return lines.join("\n");
}

/** Characters of a text that are shown; the whole stands in the plan. */
const mostShown = 600;

/** The text that a step writes, or how it comes about; undefined when it writes none. */
export function tellWritten(
  { args, late = {} }: Step,
  inNumbers: (rule: string) => string,
): string | undefined {
  const [rule] = Object.values(late);
  if (rule !== undefined) return `the text is written while the plan runs, by this rule: ${inNumbers(rule)}.`;
  if (typeof args.content !== "string") return undefined;
  const { content } = args;
  const cut =
    content.length > mostShown ? `${content.slice(0, mostShown)} … (the plan has all of it)` : content;
  return content === "" ? "nothing: the file is empty." : `this text:\n\n${quoted(cut)}`;
}

function quoted(text: string): string {
  return text
    .split("\n")
    .map((line) => `> ${line}`)
    .join("\n");
}

function isKnown({ tool }: Step): boolean {
  const changing = /^(?:write_file|replace_file|append_file|copy_file|move_file|delete_file|make_directory)$/;
  return isReading(tool) || changing.test(tool);
}
