import { useId, useState } from "react";
import { typeInWords } from "./argument-texts.ts";
import type { JsonRecord } from "./json.ts";
import { words } from "./words.ts";

interface ArgumentFieldsProps {
  args: JsonRecord;
  texts: Readonly<Record<string, string>>;
  /** The first one has the focus when they are shown. */
  isFocused?: boolean;
  onChange: (texts: Record<string, string>) => void;
}

/** One field for each argument, of the type that it has. */
export function ArgumentFields({ args, texts, isFocused = false, onChange }: ArgumentFieldsProps) {
  const id = useId();
  return (
    <div className="grid gap-2">
      {Object.entries(args).map(([name, value], index) => (
        <ArgumentField
          key={name}
          id={`${id}-${name}`}
          name={name}
          hint={typeInWords(value)}
          text={texts[name] ?? ""}
          isFocused={isFocused && index === 0}
          onChange={(text) => onChange({ ...texts, [name]: text })}
        />
      ))}
    </div>
  );
}

interface ArgumentFieldProps {
  id: string;
  name: string;
  hint: string;
  text: string;
  isFocused?: boolean;
  onChange: (text: string) => void;
}

export function ArgumentField({ id, name, hint, text, isFocused = false, onChange }: ArgumentFieldProps) {
  // Decided once: a box that changes its kind while it is typed in loses the focus.
  const [isLong] = useState(text.length > 70 || text.includes("\n"));
  const look = "w-full rounded-lg border border-strong bg-bg px-2.5 py-1.5 font-mono text-sm";
  return (
    <div>
      <label htmlFor={id} className="mb-0.5 block text-muted text-xs">
        <span className="font-mono">{name}</span> {hint ? `(${hint})` : ""}
      </label>
      {hint === words.arguments.trueOrFalse ? (
        <select
          id={id}
          // biome-ignore lint/a11y/noAutofocus: the person has just asked for these fields
          autoFocus={isFocused}
          className={look}
          value={text}
          onChange={(e) => onChange(e.target.value)}
        >
          <option value="true">{words.arguments.yes}</option>
          <option value="false">{words.arguments.no}</option>
        </select>
      ) : isLong ? (
        <textarea
          id={id}
          dir="auto"
          // biome-ignore lint/a11y/noAutofocus: the person has just asked for these fields
          autoFocus={isFocused}
          rows={4}
          className={`${look} resize-y`}
          value={text}
          onChange={(e) => onChange(e.target.value)}
        />
      ) : (
        <input
          id={id}
          dir="auto"
          // biome-ignore lint/a11y/noAutofocus: the person has just asked for these fields
          autoFocus={isFocused}
          className={look}
          value={text}
          onChange={(e) => onChange(e.target.value)}
        />
      )}
    </div>
  );
}
