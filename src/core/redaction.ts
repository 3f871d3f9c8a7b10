import type { Fact, NewEvent, Store, UndoAnswer } from "./ports.ts";

/**
 * What must not be shown: every match, in the JSON text of events and replies, becomes `replacement`. Each text
 * is looked at by itself: of what a model writes token by token, the tokens may pass; the finished message,
 * which takes their place in the log, does not.
 */
export interface RedactionRule {
  /** With the flag `g`, or only the first match of a text goes. */
  pattern: RegExp;
  /** Default `[redacted]`. JSON text: no quotes or backslashes. */
  replacement?: string;
}

export type Redact = (jsonText: string) => string;

/** One function of all rules; undefined where there are none, so that nothing is paid for them. */
export function createRedact(rules: readonly RedactionRule[] | undefined): Redact | undefined {
  if (rules === undefined || rules.length === 0) return undefined;
  return (text) =>
    rules.reduce(
      (redacted, { pattern, replacement = "[redacted]" }) => redacted.replace(pattern, () => replacement),
      text,
    );
}

/**
 * The store, with the events that runs record redacted: the log never holds what must not be shown. The state
 * of the graph keeps it, since the graph needs it; it is redacted on its way out.
 */
export function redactEvents(store: Store, redact: Redact | undefined): Store {
  if (redact === undefined) return store;
  const toEvent = (event: NewEvent): NewEvent => ({
    ...event,
    ...(event.isRef ? {} : { data: redact(event.data) }),
    ...(event.live === undefined ? {} : { live: redact(event.live) }),
  });
  const toFact = (fact: Fact): Fact => ("event" in fact ? { ...fact, event: toEvent(fact.event) } : fact);
  type Runs = Store["runs"];
  return Object.create(store, {
    interrupts: {
      get: () =>
        Object.assign(Object.create(store.interrupts), {
          undo: (command: UndoAnswer) =>
            store.interrupts.undo({ ...command, told: (undone) => command.told(undone).map(toEvent) }),
        }),
    },
    runs: {
      get: () =>
        Object.assign(Object.create(store.runs), {
          accept: (command: Parameters<Runs["accept"]>[0]) =>
            store.runs.accept({ ...command, requested: (row) => toEvent(command.requested(row)) }),
          requestCancel: (...[threadId, runIds, request]: Parameters<Runs["requestCancel"]>) =>
            store.runs.requestCancel(threadId, runIds, {
              ...request,
              requested: (row) => toEvent(request.requested(row)),
            }),
          record: (...[lease, facts]: Parameters<Store["runs"]["record"]>) =>
            store.runs.record(lease, facts.map(toFact)),
          finish: (...[lease, end]: Parameters<Store["runs"]["finish"]>) =>
            store.runs.finish(lease, { ...end, facts: end.facts.map(toFact) }),
        }),
    },
  }) as Store;
}
