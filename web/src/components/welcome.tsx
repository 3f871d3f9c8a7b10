import type { AppInfo } from "../lib/api.ts";

interface WelcomeProps {
  info: AppInfo;
  /** The graph that a new chat is with. */
  graphId: string;
  onGraph: (graphId: string) => void;
  onPick: (text: string) => void;
}

const examples = [
  "Read every file in the workspace, write a one-paragraph summary of each into summary.md, and tell me which is the longest",
  "Count the words in every file and write the counts to counts.txt",
  "Which files mention the budget?",
];

/** A new chat: what this is, and a few things to ask. */
export function Welcome({ info, graphId, onGraph, onPick }: WelcomeProps) {
  const isOurs = info.model !== null;
  return (
    <div className="mx-auto flex w-full max-w-3xl flex-col gap-4 px-4 py-10 sm:py-16">
      <h2 className="font-semibold text-2xl tracking-tight">What should be done?</h2>
      {isOurs ? (
        <p className="max-w-prose text-muted">
          You get a plan first. Nothing is changed until you approve it, and then exactly that plan is run.
        </p>
      ) : (
        <p className="max-w-prose text-muted">
          Write a message to the graph. Whatever it asks on its way shows here, and goes on with your answer.
        </p>
      )}
      {info.graphs.length > 1 ? (
        <label className="flex flex-wrap items-center gap-2 text-sm">
          Graph
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
          This is the <strong>offline rehearsal model</strong>: it follows simple rules and needs no key. It
          works on real files with real tools. For a language model, set <code>COUNTERSIGN_MODEL</code> and
          start again.
        </p>
      ) : null}
      <ul className="grid gap-2" hidden={!isOurs}>
        {examples.map((example) => (
          <li key={example}>
            <button
              type="button"
              onClick={() => onPick(example)}
              className="w-full rounded-lg border border-line bg-panel px-4 py-3 text-left hover:border-strong hover:bg-sunken"
            >
              {example}
            </button>
          </li>
        ))}
      </ul>
      {info.workspace === null ? null : (
        <p className="break-all text-muted text-sm">
          Workspace: <code className="font-mono text-xs">{info.workspace}</code>
        </p>
      )}
    </div>
  );
}
