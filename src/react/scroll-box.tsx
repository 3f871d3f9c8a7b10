interface ScrollBoxProps {
  label: string;
  text: string;
  className?: string;
}

/** Long text in a box of its own, reachable by keyboard so that it can be scrolled. */
export function ScrollBox({ label, text, className = "" }: ScrollBoxProps) {
  return (
    <section
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
      tabIndex={0}
      className={`mt-1 max-h-72 overflow-auto rounded-md border border-line bg-sunken p-2.5 ${className}`}
    >
      <pre dir="auto" className="whitespace-pre-wrap break-words font-mono text-xs">
        {text}
      </pre>
    </section>
  );
}
