/** What is needed of that which a stream of the stock hook has under `STREAM_CONTROLLER`. */
interface Controller {
  readonly hydrationPromise: Promise<void>;
  hydrate(): Promise<void>;
}

const last = new WeakMap<Controller, Promise<void>>();

/**
 * Shows where a thread really stands, as the server has it.
 *
 * The stock hook lets two such looks overtake each other, and then shows what the older one saw: here each begins
 * when the one before it has ended.
 */
export function refresh(controller: Controller): Promise<void> {
  const before = last.get(controller) ?? Promise.resolve();
  const mine = before
    .catch(() => {})
    .then(() => controller.hydrationPromise)
    .catch(() => {})
    .then(() => controller.hydrate());
  last.set(controller, mine);
  return mine;
}
