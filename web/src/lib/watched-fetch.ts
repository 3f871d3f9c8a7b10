type Listener = (isExpired: boolean) => void;

const listeners = new Set<Listener>();
let isExpired = false;

/** As `fetch`; whoever watches is told when the server does not know the person any more, and when it does again. */
export const watchedFetch: typeof fetch = async (input, init) => {
  const response = await fetch(input, init);
  if (response.status === 401) tell(true);
  else if (response.ok) tell(false);
  return response;
};

/** Tells of every change. Returns its undo. */
export function onLoginChange(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function tell(next: boolean): void {
  if (next === isExpired) return;
  isExpired = next;
  for (const listener of listeners) listener(next);
}
