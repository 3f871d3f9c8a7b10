import { TextLines } from "./text-lines.tsx";

/** Characters of the end that are shown. */
const maxLength = 20_000;

/** The end of what something puts out, which goes on. */
export function TextTailView({ text, label }: { text: string; label: string }) {
  const end = text.length > maxLength ? text.slice(-maxLength).replace(/^[^\n]*\n/, "") : text;
  return <TextLines text={end} label={label} isLive className="mt-1 max-h-40" />;
}
