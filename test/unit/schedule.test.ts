import { expect, test } from "vitest";
import { isTimezone, nextTick, whyNoSchedule } from "../../src/core/schedule.ts";

const at = (text: string) => Date.parse(text);
const of = (schedule: string, timezone: string | null = null, end: string | null = null) => ({
  schedule,
  timezone,
  endTime: end === null ? null : at(end),
});

function next(schedule: ReturnType<typeof of>, after: string, count = 1): string[] {
  const ticks: string[] = [];
  for (let last: number | null = at(after); ticks.length < count; ) {
    last = nextTick(schedule, last);
    if (last === null) break;
    ticks.push(new Date(last).toISOString());
  }
  return ticks;
}

test("an expression is read in UTC, or in its time zone", () => {
  const noon = "2026-07-01T12:00:00Z";
  expect(next(of("30 9 * * MON-FRI"), noon, 3)).toEqual([
    "2026-07-02T09:30:00.000Z",
    "2026-07-03T09:30:00.000Z",
    "2026-07-06T09:30:00.000Z",
  ]);
  expect(next(of("30 9 * * *", "America/New_York"), noon)).toEqual(["2026-07-01T13:30:00.000Z"]);
  expect(next(of("30 9 * * *", "Asia/Kolkata"), noon)).toEqual(["2026-07-02T04:00:00.000Z"]);
  expect(next(of("@daily", "Pacific/Auckland"), noon)).toEqual(["2026-07-02T12:00:00.000Z"]);
});

test("when clocks go forward, a time that is skipped is made up for right after the gap", () => {
  expect(next(of("30 2 * * *", "Europe/Berlin"), "2026-03-28T00:00:00Z", 3)).toEqual([
    "2026-03-28T01:30:00.000Z",
    "2026-03-29T01:00:00.000Z",
    "2026-03-30T00:30:00.000Z",
  ]);
  // What comes every hour comes every hour.
  expect(next(of("30 * * * *", "Europe/Berlin"), "2026-03-29T00:00:00Z", 3)).toEqual([
    "2026-03-29T00:30:00.000Z",
    "2026-03-29T01:30:00.000Z",
    "2026-03-29T02:30:00.000Z",
  ]);
});

test("when clocks go back, a time that comes twice is taken once", () => {
  const day = of("30 2 * * *", "Europe/Berlin");
  expect(next(day, "2026-10-24T12:00:00Z", 2)).toEqual([
    "2026-10-25T00:30:00.000Z",
    "2026-10-26T01:30:00.000Z",
  ]);
  expect(next(of("30 * * * *", "Europe/Berlin"), "2026-10-25T00:00:00Z", 3)).toEqual([
    "2026-10-25T00:30:00.000Z",
    "2026-10-25T01:30:00.000Z",
    "2026-10-25T02:30:00.000Z",
  ]);
});

test("the end counts, and what is behind it does not", () => {
  const until = of("0 * * * *", null, "2026-07-01T10:00:00Z");
  expect(next(until, "2026-07-01T08:30:00Z", 5)).toEqual([
    "2026-07-01T09:00:00.000Z",
    "2026-07-01T10:00:00.000Z",
  ]);
});

test.each([
  ["", /five fields/],
  ["0 9 * *", /five fields/],
  ["0 0 9 * * *", /five fields/],
  ["2026-01-01T00:00:00", /five fields/],
  ["@reboot", /five fields/],
  ["@noon", /five fields/],
  ["61 * * * *", /minute/],
  ["* * * * 9", /dayOfWeek/],
  ["*/0 * * * *", /stepping/],
  ["a b c d e", /illegal/],
  ["0 0 31 2 *", /never comes/],
])("%j is refused with why", (schedule, why) => {
  expect(whyNoSchedule(schedule)).toMatch(why);
});

test.each([
  "* * * * *",
  " 0  9 1 1 * ",
  "*/15 8-18 * JAN-JUN MON,WED",
  "0 0 L * *",
  "0 0 * * 5#2",
  "@Hourly",
])("%j is taken", (schedule) => {
  expect(whyNoSchedule(schedule)).toBeUndefined();
  expect(nextTick(of(schedule), 0)).toEqual(expect.any(Number));
});

test("a time zone is one that the tz database knows", () => {
  expect(["Europe/Berlin", "UTC", "America/Argentina/Ushuaia"].every(isTimezone)).toBe(true);
  expect(["Mars/Olympus", "", "Berlin"].some(isTimezone)).toBe(false);
});
