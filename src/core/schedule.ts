import { Cron } from "croner";

/** When a cron's runs are due. */
export interface Schedule {
  /** A cron expression of five fields, or one of the names below. */
  schedule: string;
  /** IANA name; null for UTC. */
  timezone: string | null;
  /** Ticks after this instant do not count; null for no end. */
  endTime: number | null;
}

const names = new Set(["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@hourly"]);

/** What is wrong with an expression; undefined when nothing is. */
export function whyNoSchedule(schedule: string): string | undefined {
  const fields = schedule.trim().split(/\s+/);
  if (fields.length !== 5 && !names.has(fields.join(" ").toLowerCase())) {
    return `needs five fields (minute, hour, day of month, month, day of week), or one of ${[...names].join(", ")}`;
  }
  try {
    if (nextTick({ schedule, timezone: null, endTime: null }, 0) === null) return "never comes";
    return undefined;
  } catch (error) {
    return (error as Error).message.replace(/^CronPattern: /, "");
  }
}

export function isTimezone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/**
 * The first tick after an instant; null when there is none any more. What a time zone skips in spring, a schedule of
 * one time a day makes up for right after the gap; what comes twice in autumn, it takes once.
 */
export function nextTick(schedule: Schedule, after: number): number | null {
  const next = toCron(schedule).nextRun(new Date(after))?.getTime();
  if (next === undefined || (schedule.endTime !== null && next > schedule.endTime)) return null;
  return next;
}

function toCron({ schedule, timezone }: Schedule): Cron {
  return new Cron(schedule.trim(), { mode: "5-part", timezone: timezone ?? "UTC" });
}
