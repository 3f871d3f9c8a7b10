import { useMemo } from "react";
import { type DiffRow, toDiffRows } from "./diff-rows.ts";
import { RowList } from "./row-list.tsx";
import { words } from "./words.ts";

const looks: Record<DiffRow["kind"], string> = {
  text: "text-ink",
  file: "font-semibold text-ink bg-panel",
  hunk: "text-accent bg-accent-soft",
  added: "text-ok bg-ok-soft",
  removed: "text-bad bg-bad-soft",
  same: "text-ink",
};

const signs: Partial<Record<DiffRow["kind"], string>> = { added: "+", removed: "−" };

/** A unified diff as what changed in files: lines with their numbers before and after, coloured and signed. */
export function DiffLines({ text, label }: { text: string; label: string }) {
  const rows = useMemo(() => toDiffRows(text.replace(/\n$/, "")), [text]);
  const width = `${String(Math.max(1, ...rows.slice(-2_000).map((row) => row.after ?? row.before ?? 0))).length}ch`;
  return (
    <RowList rows={rows} label={label}>
      {(row, index) => (
        <div key={index} className={`flex items-start px-2.5 ${looks[row.kind]}`} data-kind={row.kind}>
          {row.before === undefined && row.after === undefined ? null : (
            <>
              <LineNumber number={row.before} width={width} />
              <LineNumber number={row.after} width={width} />
              <span className="w-4 shrink-0 select-none">
                <span aria-hidden>{signs[row.kind] ?? ""}</span>
                {row.kind === "added" || row.kind === "removed" ? (
                  <span className="sr-only">{words.output[row.kind]} </span>
                ) : null}
              </span>
            </>
          )}
          <pre className="min-w-0 flex-1 whitespace-pre-wrap break-words font-mono [overflow-wrap:anywhere]">
            {row.text}
            {row.text === "" ? "\n" : ""}
          </pre>
        </div>
      )}
    </RowList>
  );
}

function LineNumber({ number, width }: { number: number | undefined; width: string }) {
  return (
    <span
      aria-hidden
      className="me-2 hidden shrink-0 select-none text-end tabular-nums opacity-80 sm:inline-block"
      style={{ minWidth: width }}
    >
      {number}
    </span>
  );
}
