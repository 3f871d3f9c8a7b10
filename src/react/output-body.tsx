import { Download } from "lucide-react";
import { useMemo, useState } from "react";
import { CopyButton } from "./copy-button.tsx";
import { DiffLines } from "./diff-lines.tsx";
import { FindBox } from "./find-box.tsx";
import { toRows } from "./find-in-rows.ts";
import { JsonTree } from "./json-tree.tsx";
import { Markdown } from "./markdown.tsx";
import { kindOf, type OutputKind } from "./output-kind.ts";
import { saveFile, toFileName } from "./save-file.ts";
import { ScrollRegion } from "./scroll-box.tsx";
import { TextLines } from "./text-lines.tsx";
import { useFind } from "./use-find.ts";
import { words } from "./words.ts";

export interface OutputBodyProps {
  text: string;
  /** What it is the output of. */
  label: string;
}

const endings: Record<OutputKind, string> = { json: "json", markdown: "md", diff: "diff", text: "txt" };

/** What a tool put out, by what it is; as it came, when that is chosen or something is looked for in it. */
export function OutputBody({ text, label }: OutputBodyProps) {
  const kind = useMemo(() => kindOf(text), [text]);
  const [isRaw, setRaw] = useState(false);
  const rows = useMemo(() => toRows(text).map((row) => row.text), [text]);
  const finding = useFind(rows);
  const isShownRaw = isRaw || kind === "text" || finding.wanted !== "";
  return (
    <div className="mt-1">
      <div className="mb-1 flex flex-wrap items-center gap-1">
        {kind === "text" ? null : <ViewSwitch kind={kind} isRaw={isShownRaw} onChange={setRaw} />}
        <FindBox finding={finding} label={words.output.search} />
        <CopyButton text={text} label={words.output.copy} />
        <button
          type="button"
          aria-label={words.output.save}
          title={words.output.save}
          className="rounded-md p-1.5 text-muted hover:bg-sunken hover:text-ink"
          onClick={() => saveFile(`${toFileName(label, words.output.fileName)}.${endings[kind]}`, text)}
        >
          <Download className="size-3.5" aria-hidden />
        </button>
      </div>
      {isShownRaw ? (
        <TextLines text={text} label={label} finding={finding} />
      ) : (
        <Shown kind={kind} text={text} label={label} />
      )}
    </div>
  );
}

function Shown({ kind, text, label }: OutputBodyProps & { kind: OutputKind }) {
  const value = useMemo<unknown>(() => (kind === "json" ? JSON.parse(text) : null), [kind, text]);
  if (kind === "diff") return <DiffLines text={text} label={label} />;
  return (
    <ScrollRegion
      label={label}
      dir="auto"
      className="max-h-96 overflow-auto overscroll-contain rounded-md border border-line bg-panel p-3 text-sm"
    >
      {kind === "json" ? <JsonTree value={value} /> : <Markdown text={text} />}
    </ScrollRegion>
  );
}

interface ViewSwitchProps {
  kind: OutputKind;
  isRaw: boolean;
  onChange: (isRaw: boolean) => void;
}

function ViewSwitch({ kind, isRaw, onChange }: ViewSwitchProps) {
  const views = [
    { name: words.output.rendered[kind], raw: false },
    { name: words.output.raw, raw: true },
  ];
  return (
    <fieldset aria-label={words.output.views} className="flex rounded-md border border-line p-0.5">
      {views.map(({ name, raw }) => (
        <button
          key={name}
          type="button"
          aria-pressed={isRaw === raw}
          onClick={() => onChange(raw)}
          className={`rounded px-2 py-0.5 text-xs ${isRaw === raw ? "bg-sunken font-medium text-ink" : "text-muted hover:text-ink"}`}
        >
          {name}
        </button>
      ))}
    </fieldset>
  );
}
