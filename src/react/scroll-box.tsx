import type { ComponentPropsWithoutRef } from "react";

/** A part of the page that scrolls by itself, reachable by keyboard. */
export function ScrollRegion({ label, ...rest }: { label: string } & ComponentPropsWithoutRef<"section">) {
  return (
    <section
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
      tabIndex={0}
      {...rest}
    />
  );
}

interface ScrollBoxProps {
  label: string;
  text: string;
  className?: string;
}

/** Long text in a box of its own. */
export function ScrollBox({ label, text, className = "" }: ScrollBoxProps) {
  return (
    <ScrollRegion
      label={label}
      className={`mt-1 max-h-72 overflow-auto rounded-md border border-line bg-sunken p-2.5 ${className}`}
    >
      <pre dir="auto" className="whitespace-pre-wrap break-words font-mono text-xs">
        {text}
      </pre>
    </ScrollRegion>
  );
}
