import { JsonTree } from "./json-tree.tsx";
import { MediaList } from "./media-list.tsx";
import { OutputView } from "./output.tsx";
import { isShort } from "./step-output.tsx";
import { TextTail } from "./text-tail.tsx";
import type { ReadCall } from "./timeline.ts";
import { words } from "./words.ts";

export interface CallDetailsProps {
  call: ReadCall;
  /** What it has put out so far. */
  liveOutput?: string | undefined;
}

/** What a call was handed and what came of it, unfolded. */
export function CallDetails({
  call: { tool, args, result, isError, media = [], artifact },
  liveOutput,
}: CallDetailsProps) {
  const hasArguments = Object.keys(args).length > 0;
  const label = words.calls.result(tool || words.calls.unknown);
  return (
    <>
      <p className="text-muted text-xs">{hasArguments ? words.calls.arguments : words.calls.none}</p>
      {hasArguments ? <JsonTree value={args} /> : null}
      <p className="mt-2 text-muted text-xs">{label}</p>
      {result === null ? (
        liveOutput ? (
          <TextTail text={liveOutput} label={words.calls.soFar} />
        ) : (
          <p className="text-muted">{words.calls.waiting}</p>
        )
      ) : result.trim() === "" && media.length === 0 ? (
        <p className="text-muted text-xs">{words.calls.nothing}</p>
      ) : (
        <div className={isError ? "text-bad" : ""}>
          {isShort(result) ? (
            <p className="mt-1 break-words font-mono text-xs" dir="auto">
              {result}
            </p>
          ) : (
            <OutputView text={result} label={label} />
          )}
        </div>
      )}
      <MediaList media={media} />
      {artifact === undefined ? null : (
        <details className="mt-2">
          <summary className="cursor-pointer text-muted text-xs">{words.calls.artifact}</summary>
          <JsonTree value={artifact} />
        </details>
      )}
    </>
  );
}
