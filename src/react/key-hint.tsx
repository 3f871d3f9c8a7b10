/**
 * The single key that does the same as the button it stands in. Drawn, not written: it is no part of the
 * button's name, and not of the text that is copied.
 */
export function KeyHint({ letter }: { letter: string }) {
  return (
    <kbd
      aria-hidden
      data-letter={letter}
      className="hidden rounded border border-current/30 px-1 font-mono text-[0.7rem] leading-4 opacity-70 after:content-[attr(data-letter)] [@media(hover:hover)]:inline-block in-data-[keys=off]:hidden!"
    />
  );
}
