import { titleOf } from "countersign/react";
import { hashOfMessage } from "../hooks/use-route.ts";
import { useTextSearch } from "../hooks/use-text-search.ts";
import type { TextHit } from "../lib/api.ts";
import { words } from "../words.ts";

/** Messages of any chat that say what is looked for; each leads there. Nothing where the server cannot look. */
export function TextHits({ wanted }: { wanted: string }) {
  const { hits, isSearching, hasFailed, more } = useTextSearch(wanted);
  if (hits === null && !isSearching && !hasFailed) return null;
  return (
    <section aria-label={words.sidebar.inMessages} className="mt-3 border-line border-t pt-2">
      <h2 className="px-2 pb-1 font-medium text-muted text-xs">{words.sidebar.inMessages}</h2>
      <ul className="grid gap-0.5">
        {hits?.map((hit) => (
          <Hit key={`${hit.thread_id}/${hit.message_id}`} hit={hit} wanted={wanted.trim()} />
        ))}
      </ul>
      <p role="status" className="px-2 py-1 text-muted text-sm">
        {hasFailed
          ? words.sidebar.searchFailed
          : isSearching
            ? words.sidebar.searching
            : hits?.length === 0
              ? words.sidebar.noMessage
              : ""}
      </p>
      {more ? (
        <button type="button" className="px-2 py-1 text-muted text-sm hover:text-ink" onClick={more}>
          {words.sidebar.moreHits}
        </button>
      ) : null}
    </section>
  );
}

function Hit({ hit, wanted }: { hit: TextHit; wanted: string }) {
  return (
    <li>
      <a
        href={hashOfMessage(hit.thread_id, hit.message_id)}
        className="block rounded-lg px-2 py-1.5 text-sm hover:bg-sunken"
      >
        <span dir="auto" className="block truncate">
          {titleOf({ title: hit.title })}
        </span>
        <span dir="auto" className="line-clamp-2 break-words text-muted text-xs">
          {marked(hit.snippet, wanted)}
        </span>
      </a>
    </li>
  );
}

/** A text with the first place marked where it says what is looked for. */
function marked(text: string, wanted: string) {
  const at = text.toLowerCase().indexOf(wanted.toLowerCase());
  if (at === -1) return text;
  return (
    <>
      {text.slice(0, at)}
      <mark className="rounded-xs bg-warn-soft text-ink">{text.slice(at, at + wanted.length)}</mark>
      {text.slice(at + wanted.length)}
    </>
  );
}
