import { describeError } from "countersign/react";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { type GraphDrawing, getGraph } from "../lib/api.ts";
import type { HistoryState } from "../lib/history.ts";
import { wordsLater as words } from "../words-later.ts";
import { GraphPicture } from "./graph-picture.tsx";
import { layoutGraph } from "./layout-graph.ts";
import { NodeTimes } from "./node-times.tsx";
import { toPath, toPosition, toTaken, toVisits } from "./visits.ts";
import { ZoomBar } from "./zoom-bar.tsx";

interface GraphViewProps {
  graphId: string;
  states: readonly HistoryState[];
  isRunning: boolean;
}

/** The graph as it is, with the way that this thread has taken through it and where it stands. */
export function GraphView({ graphId, states, isRunning }: GraphViewProps) {
  const [isInside, setInside] = useState(false);
  const { drawing, error, hasInsides } = useDrawing(graphId, isInside);
  const placed = useMemo(() => (drawing === null ? null : layoutGraph(drawing)), [drawing]);
  const path = useMemo(() => toPath(states), [states]);
  const visits = useMemo(() => toVisits(path), [path]);
  const taken = useMemo(() => toTaken(path), [path]);
  const position = useMemo(() => toPosition(path[0]), [path]);
  const { current, asking } = position;
  const [zoom, setZoom] = useState<number | null>(null);
  const frame = useRef<HTMLElement>(null);
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const element = frame.current;
    if (element === null) return;
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  const here = [...current][0];
  // biome-ignore lint/correctness/useExhaustiveDependencies: the picture is there once it is placed
  useLayoutEffect(() => {
    const node = here && frame.current?.querySelector(`[data-node="${CSS.escape(here)}"]`);
    if (node) node.scrollIntoView({ block: "nearest", inline: "center" });
  }, [here, placed]);
  if (error) return <p className="p-4 text-bad text-sm">{error}</p>;
  const fit = placed === null || width === 0 ? 1 : Math.min(1, width / placed.width);
  const scale = zoom ?? (fit < smallest ? 1 : fit);
  const where = whereItIs({ current, asking, isRunning, failed: [...visits].find(([, one]) => one.error) });
  return (
    <div className="p-3">
      <p className="mb-2 text-sm" role="status">
        {placed === null ? words.graph.drawing : where}
      </p>
      {placed === null ? null : (
        <ZoomBar
          scale={scale}
          onScale={setZoom}
          onFit={() => setZoom(fit)}
          isInside={isInside}
          onInside={hasInsides ? setInside : undefined}
        />
      )}
      <section
        ref={frame}
        aria-label={words.graph.drawn}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
        tabIndex={0}
        className="max-h-[60dvh] overflow-auto"
      >
        {placed === null ? null : (
          <GraphPicture
            placed={placed}
            visits={visits}
            taken={taken}
            position={position}
            isRunning={isRunning}
            scale={scale}
            label={words.graph.described(where)}
          />
        )}
      </section>
      <NodeTimes visits={visits} />
    </div>
  );
}

/** A scale below which nothing can be read any more. */
const smallest = 0.55;

interface Standing {
  current: ReadonlySet<string>;
  asking: ReadonlySet<string>;
  isRunning: boolean;
  failed: [name: string, visit: { error: string | null }] | undefined;
}

function whereItIs({ current, asking, isRunning, failed }: Standing): string {
  const { asks, nothing, isIn, stopped, failed: failedIn } = words.graph;
  if (asking.size > 0) return asks([...asking].join(", "));
  if (!isRunning && failed?.[1].error && current.has(failed[0])) return failedIn(failed[0], failed[1].error);
  if (current.size === 0) return nothing;
  return (isRunning ? isIn : stopped)([...current].join(", "));
}

/** The graph as the server draws it, and whether there is more to see inside of its nodes. */
function useDrawing(graphId: string, isInside: boolean) {
  const [drawings, setDrawings] = useState<{ plain: GraphDrawing; inside: GraphDrawing } | null>(null);
  const [error, setError] = useState<string | null>(null);
  useEffect(() => {
    let isGone = false;
    const read = async () => {
      const [plain, inside] = await Promise.all([getGraph(graphId, false), getGraph(graphId, true)]);
      if (!isGone) setDrawings({ plain, inside });
    };
    read().catch((problem: unknown) => !isGone && setError(describeError(problem)));
    return () => {
      isGone = true;
    };
  }, [graphId]);
  return {
    drawing: drawings && (isInside ? drawings.inside : drawings.plain),
    error,
    hasInsides: drawings !== null && drawings.inside.nodes.length > drawings.plain.nodes.length,
  };
}
