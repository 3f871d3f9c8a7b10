import { ChevronDown, ChevronUp, Search } from "lucide-react";
import type { RefObject } from "react";
import { maxMatches } from "./find-in-rows.ts";
import type { Finding } from "./use-find.ts";
import { words } from "./words.ts";

interface FindBoxProps {
  finding: Pick<Finding, "wanted" | "want" | "at" | "go"> & { matches: { length: number } };
  label: string;
  field?: RefObject<HTMLInputElement | null>;
  onClose?: () => void;
}

/** What is looked for, how often it is there, and the ways from one place to the next. */
export function FindBox({ finding, label, field, onClose }: FindBoxProps) {
  const { wanted, want, at, matches, go } = finding;
  const isFound = matches.length > 0;
  const all = matches.length >= maxMatches ? `${maxMatches}+` : String(matches.length);
  return (
    <div className="flex min-w-0 flex-1 items-center gap-0.5">
      <label className="flex min-w-0 flex-1 items-center gap-1.5 rounded-md border border-line bg-panel px-2 py-1 text-xs focus-within:border-accent">
        <Search className="size-3.5 shrink-0 text-muted" aria-hidden />
        <input
          ref={field}
          type="search"
          aria-label={label}
          placeholder={words.output.searchShort}
          className="min-w-0 flex-1 bg-transparent outline-none placeholder:text-muted"
          value={wanted}
          onChange={(event) => want(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === "Escape" && onClose) {
              event.stopPropagation();
              onClose();
            }
            if (event.key !== "Enter") return;
            event.preventDefault();
            go(event.shiftKey ? -1 : 1);
          }}
        />
        <span role="status" className="shrink-0 text-muted tabular-nums">
          {wanted === "" ? "" : isFound ? words.output.found(at + 1, all) : words.output.notFound}
        </span>
      </label>
      <Step label={words.output.previous} isOn={isFound} onGo={() => go(-1)} icon={ChevronUp} />
      <Step label={words.output.next} isOn={isFound} onGo={() => go(1)} icon={ChevronDown} />
    </div>
  );
}

interface StepProps {
  label: string;
  isOn: boolean;
  onGo: () => void;
  icon: typeof ChevronUp;
}

function Step({ label, isOn, onGo, icon: Icon }: StepProps) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      disabled={!isOn}
      onClick={onGo}
      className="rounded-md p-1.5 text-muted hover:bg-sunken hover:text-ink disabled:opacity-40"
    >
      <Icon className="size-3.5" aria-hidden />
    </button>
  );
}
