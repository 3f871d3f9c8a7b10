import { Check, Copy, type LucideIcon } from "lucide-react";
import { useEffect, useState } from "react";
import { words } from "./words.ts";

const shownMs = 1_500;

interface CopyButtonProps {
  /** What is copied, or what makes it when it is wanted. */
  text: string | (() => string);
  /** What the button is called. */
  label: string;
  /** Default: that of copying. */
  icon?: LucideIcon;
  className?: string;
}

/** Copies a text, and says so for a moment. */
export function CopyButton({ text, label, icon = Copy, className = "" }: CopyButtonProps) {
  const [said, setSaid] = useState<string | null>(null);
  useEffect(() => {
    if (said === null) return;
    const timer = window.setTimeout(() => setSaid(null), shownMs);
    return () => window.clearTimeout(timer);
  }, [said]);
  async function copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(typeof text === "string" ? text : text());
      setSaid(words.copy.done);
    } catch {
      setSaid(words.copy.refused);
    }
  }
  const Icon = said === words.copy.done ? Check : icon;
  return (
    <button
      type="button"
      aria-label={said ?? label}
      title={said ?? label}
      onClick={() => void copy()}
      className={`rounded-md p-1.5 text-muted hover:bg-sunken hover:text-ink ${className}`}
    >
      <Icon className="size-3.5" aria-hidden />
    </button>
  );
}
