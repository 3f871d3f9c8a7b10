import { useId, useState } from "react";
import type { ToolInfo } from "./plan-requests.ts";
import { words } from "./words.ts";

interface ToolNameProps {
  name: string;
  /** What it says it does, where that is known. */
  description?: string | undefined;
  tool?: ToolInfo | undefined;
}

const look = "rounded bg-sunken px-1.5 py-0.5 font-mono text-muted text-xs";

/** A tool's name; what it does shows when it is pointed at, or has the focus. */
export function ToolName({ name, description = "", tool }: ToolNameProps) {
  const id = useId();
  const [isOpen, setOpen] = useState(false);
  const text = tool?.description || description;
  if (text === "" && tool === undefined) return <code className={look}>{name}</code>;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: what is inside has the focus; leaving the whole closes it
    <span
      className="relative inline-flex"
      onMouseEnter={() => setOpen(true)}
      onMouseLeave={() => setOpen(false)}
    >
      <button
        type="button"
        aria-describedby={isOpen ? id : undefined}
        onFocus={() => setOpen(true)}
        onBlur={() => setOpen(false)}
        onClick={() => setOpen(true)}
        onKeyDown={(event) => {
          if (event.key === "Escape" && isOpen) {
            event.stopPropagation();
            setOpen(false);
          }
        }}
        className={`${look} cursor-help decoration-dotted underline-offset-2 hover:underline`}
      >
        {name}
      </button>
      {isOpen ? (
        <span
          id={id}
          role="tooltip"
          dir="auto"
          className="absolute start-0 top-full z-[3] w-72 max-w-[70vw] whitespace-pre-wrap break-words rounded-lg border border-line bg-panel p-2.5 text-ink text-sm shadow-lg"
        >
          {text}
          {tool === undefined ? null : (
            <span className="mt-1 block text-muted text-xs">
              {tool.isIdempotent ? words.step.toolSafe : words.step.toolUnsafe}
            </span>
          )}
        </span>
      ) : null}
    </span>
  );
}
