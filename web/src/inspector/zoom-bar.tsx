import { Maximize, ZoomIn, ZoomOut } from "lucide-react";
import { wordsLater as words } from "../words-later.ts";

interface ZoomBarProps {
  scale: number;
  onScale: (scale: number) => void;
  /** As large as the window is wide. */
  onFit: () => void;
  isInside: boolean;
  /** Shows the insides of subgraphs, or not. Undefined where there are none. */
  onInside: ((isInside: boolean) => void) | undefined;
}

const step = 1.25;
const [least, most] = [0.2, 3];

/** How large the picture is, and how much of it. */
export function ZoomBar({ scale, onScale, onFit, isInside, onInside }: ZoomBarProps) {
  const look = "rounded-md p-1.5 text-muted hover:bg-sunken hover:text-ink disabled:opacity-40";
  return (
    <div className="mb-2 flex flex-wrap items-center gap-1 text-xs">
      <button
        type="button"
        className={look}
        aria-label={words.graph.zoomOut}
        title={words.graph.zoomOut}
        disabled={scale <= least}
        onClick={() => onScale(Math.max(least, scale / step))}
      >
        <ZoomOut className="size-4" aria-hidden />
      </button>
      <span className="w-10 text-center text-muted tabular-nums">{words.graph.percent(scale)}</span>
      <button
        type="button"
        className={look}
        aria-label={words.graph.zoomIn}
        title={words.graph.zoomIn}
        disabled={scale >= most}
        onClick={() => onScale(Math.min(most, scale * step))}
      >
        <ZoomIn className="size-4" aria-hidden />
      </button>
      <button
        type="button"
        className={look}
        aria-label={words.graph.fitLabel}
        title={words.graph.fitLabel}
        onClick={onFit}
      >
        <Maximize className="size-4" aria-hidden />
      </button>
      {onInside ? (
        <label className="ms-auto flex items-center gap-1.5 text-muted">
          <input type="checkbox" checked={isInside} onChange={(event) => onInside(event.target.checked)} />
          {words.graph.inside}
        </label>
      ) : null}
    </div>
  );
}
