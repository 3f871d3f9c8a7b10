import { useMemo } from "react";
import { toRows } from "./find-in-rows.ts";
import { FoundText } from "./found-text.tsx";
import { RowList } from "./row-list.tsx";
import type { Finding } from "./use-find.ts";

interface TextLinesProps {
  text: string;
  label: string;
  finding?: Finding | undefined;
  isLive?: boolean;
  className?: string | undefined;
}

/** Lines that are numbered once there are so many. */
const numberedFrom = 10;

/** Plain text, line by line. */
export function TextLines({ text, label, finding, isLive = false, className }: TextLinesProps) {
  const rows = useMemo(() => toRows(text.replace(/\n$/, "")), [text]);
  // Of what goes on only the end may be there.
  const isNumbered = !isLive && rows.length >= numberedFrom;
  const width = String(rows.length).length;
  return (
    <RowList rows={rows} label={label} shown={finding?.active?.row} isLive={isLive} className={className}>
      {(row, index) => (
        <div
          key={index}
          className={`flex items-start px-2.5 ${index === 0 ? "pt-2" : ""} ${index === rows.length - 1 ? "pb-2" : ""}`}
          data-row={index}
        >
          {isNumbered ? (
            <span
              aria-hidden
              className="me-3 shrink-0 select-none text-end text-muted tabular-nums"
              style={{ minWidth: `${width}ch` }}
            >
              {row.line}
            </span>
          ) : null}
          <pre className="min-w-0 flex-1 whitespace-pre-wrap break-words font-mono [overflow-wrap:anywhere]">
            {finding ? (
              <FoundText text={row.text} matches={finding.inRow(index)} active={finding.active} />
            ) : (
              row.text
            )}
            {row.text === "" ? "\n" : ""}
          </pre>
        </div>
      )}
    </RowList>
  );
}
