import { formatDuration } from "./steps.ts";
import { words } from "./words.ts";

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** How much time is left, in words: the nearer the end, the finer. */
export function roughly(ms: number): string {
  if (ms < hourMs) return formatDuration(Math.ceil(ms / 1_000) * 1_000);
  return ms < 2 * dayMs
    ? words.terms.hours(Math.round(ms / hourMs))
    : words.terms.days(Math.round(ms / dayMs));
}

/** How long ago something was, in words. */
export function ago(ms: number): string {
  const { justNow, minutesAgo, hoursAgo, daysAgo } = words.inbox;
  if (ms < minuteMs) return justNow;
  if (ms < hourMs) return minutesAgo(Math.floor(ms / minuteMs));
  return ms < dayMs ? hoursAgo(Math.floor(ms / hourMs)) : daysAgo(Math.floor(ms / dayMs));
}
