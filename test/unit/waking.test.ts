import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createWaking } from "../../src/core/waking.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setImmediate", "setTimeout"] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Readers that each keep the process busy for so long when they are woken. */
function createReaders(count: number, busyMs: number) {
  let clock = 0;
  let woken = 0;
  const wakes = Array.from({ length: count }, () => () => {
    woken += 1;
    clock += busyMs;
  });
  const waiting = new Set<() => void>();
  const waking = createWaking(() => clock);
  return {
    woken: () => woken,
    /** Something comes while all of them wait. */
    news() {
      for (const wake of wakes) waiting.add(wake);
      waking.wake(waiting);
    },
  };
}

test("readers are woken at once, as often as something comes", () => {
  const readers = createReaders(1_000, 0);
  for (let times = 1; times <= 3; times += 1) {
    readers.news();
    expect(readers.woken()).toBe(1_000 * times);
    vi.advanceTimersByTime(0);
  }
});

test("so many that the process has no time left are woken again when as long has passed, once for all that came", () => {
  const readers = createReaders(1_000, 0.2);
  readers.news();
  expect(readers.woken()).toBe(1_000);
  vi.advanceTimersByTime(1);
  for (let times = 0; times < 5; times += 1) readers.news();
  vi.advanceTimersByTime(100);
  expect(readers.woken()).toBe(1_000);
  vi.advanceTimersByTime(200);
  expect(readers.woken()).toBe(2_000);
});

test("a few slow readers do not make the others wait", () => {
  const readers = createReaders(10, 50);
  readers.news();
  vi.advanceTimersByTime(1);
  readers.news();
  expect(readers.woken()).toBe(20);
});

test("nobody waits for longer than a second", () => {
  const readers = createReaders(1_000, 10);
  readers.news();
  vi.advanceTimersByTime(1);
  readers.news();
  vi.advanceTimersByTime(1_000);
  expect(readers.woken()).toBe(2_000);
});
