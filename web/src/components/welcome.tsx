import type { AppInfo } from "../lib/api.ts";
import { words } from "../words.ts";

interface WelcomeProps {
  info: AppInfo;
  /** The graph that a new chat is with. */
  graphId: string;
  onGraph: (graphId: string) => void;
  onPick: (text: string) => void;
}

/** A new chat: what this is, and a few things to ask. */
export function Welcome({ info, graphId, onGraph, onPick }: WelcomeProps) {
  const isOurs = info.model !== null;
  const { offline } = words.welcome;
  return (
    <div className="mx-auto flex w-full max-w-3xl flex-col gap-4 px-4 py-10 sm:py-16">
      <h2 className="font-semibold text-2xl tracking-tight">{words.welcome.title}</h2>
      {isOurs ? (
        <p className="max-w-prose text-muted">{words.welcome.ours}</p>
      ) : (
        <p className="max-w-prose text-muted">{words.welcome.theirs}</p>
      )}
      {info.graphs.length > 1 ? (
        <label className="flex flex-wrap items-center gap-2 text-sm">
          {words.welcome.graph}
          <select
            className="rounded-lg border border-strong bg-bg px-2.5 py-1.5"
            value={graphId}
            onChange={(event) => onGraph(event.target.value)}
          >
            {info.graphs.map((one) => (
              <option key={one} value={one}>
                {one}
              </option>
            ))}
          </select>
        </label>
      ) : null}
      {info.model?.isOffline ? (
        <p className="rounded-lg border border-line bg-sunken p-3 text-sm">
          {offline.thisIs}
          <strong>{offline.name}</strong>
          {offline.what}
          <code>{offline.setting}</code>
          {offline.again}
        </p>
      ) : null}
      <ul className="grid gap-2" hidden={!isOurs}>
        {words.welcome.examples.map((example) => (
          <li key={example}>
            <button
              type="button"
              onClick={() => onPick(example)}
              className="w-full rounded-lg border border-line bg-panel px-4 py-3 text-start hover:border-strong hover:bg-sunken"
            >
              {example}
            </button>
          </li>
        ))}
      </ul>
      {info.workspace === null ? null : (
        <p className="break-all text-muted text-sm">
          {words.welcome.workspace}
          <code className="font-mono text-xs">{info.workspace}</code>
        </p>
      )}
    </div>
  );
}
