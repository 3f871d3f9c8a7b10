import { words } from "./words.ts";

/** What a model or an agent was told beforehand: for those who want to know. */
export function NoteRow({ role, text }: { role: string; text: string }) {
  return (
    <details className="text-muted text-sm">
      <summary className="cursor-pointer">{words.note.label(role)}</summary>
      <p dir="auto" className="mt-1 max-h-72 overflow-auto whitespace-pre-wrap break-words text-xs">
        {text}
      </p>
    </details>
  );
}
