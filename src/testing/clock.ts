const real = globalThis.Date;
let offsetMs = 0;

/**
 * Moves the clock of this process, as an administrator or a bad NTP server does: `Date.now()` and `new Date()`
 * jump; timers and `performance.now()` go on as they were.
 *
 * @param ms - Off the real time; 0 puts it right.
 */
export function shiftClock(ms: number): void {
  offsetMs = ms;
  globalThis.Date = ms === 0 ? real : shifted;
}

const shifted = new Proxy(real, {
  construct: (target, args: unknown[], newTarget) =>
    Reflect.construct(target, args.length === 0 ? [real.now() + offsetMs] : args, newTarget) as object,
  apply: () => new real(real.now() + offsetMs).toString(),
  get: (target, property) =>
    property === "now" ? () => real.now() + offsetMs : (Reflect.get(target, property) as unknown),
});
