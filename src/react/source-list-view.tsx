import { hostOf } from "./media.ts";
import type { Source } from "./sources.ts";
import { words } from "./words.ts";

/** What a message cites, by the numbers that stand in its text. */
export function SourceListView({ sources }: { sources: readonly Source[] }) {
  return (
    <section aria-label={words.sources.label} className="mt-3 border-line border-t pt-2 text-sm">
      <h3 className="font-medium text-muted text-xs">{words.sources.label}</h3>
      <ol className="mt-1 grid gap-1">
        {sources.map(({ title, url, quote }, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a source is known by its number
          <li key={index} className="flex items-baseline gap-2">
            <span className="shrink-0 text-muted text-xs tabular-nums">{`[${index + 1}]`}</span>
            <span className="min-w-0 break-words">
              {url === null ? (
                (title ?? words.sources.untitled)
              ) : (
                <a
                  href={url}
                  target="_blank"
                  rel="noopener noreferrer nofollow"
                  className="text-accent underline [overflow-wrap:anywhere]"
                >
                  {title ?? url}
                </a>
              )}
              {url !== null && title !== null ? (
                <span className="ms-1.5 text-muted text-xs">{hostOf(url)}</span>
              ) : null}
              {quote === null ? null : <q className="block text-muted text-xs">{quote}</q>}
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}
