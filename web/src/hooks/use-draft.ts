import { useCallback, useEffect, useState } from "react";

const prefix = "countersign.draft.";

/** Puts back all that was made up for one question: its places end with the interrupt's id. */
export function dropDrafts(interruptId: string): void {
  for (const key of Object.keys(sessionStorage)) {
    if (key.startsWith(prefix) && key.endsWith(`.${interruptId}`)) sessionStorage.removeItem(key);
  }
}

/**
 * Something that is being made up (a choice, half a form), kept per place across reloads until it is put back.
 * Values are JSON; `undefined` means that there is nothing.
 */
export function useDraft<Value>(place: string): [Value | undefined, (value: Value | undefined) => void] {
  const key = `${prefix}${place}`;
  const [value, setValue] = useState(() => read<Value>(key));
  useEffect(() => setValue(read<Value>(key)), [key]);
  const change = useCallback(
    (next: Value | undefined) => {
      setValue(next);
      if (next === undefined) sessionStorage.removeItem(key);
      else sessionStorage.setItem(key, JSON.stringify(next));
    },
    [key],
  );
  return [value, change];
}

function read<Value>(key: string): Value | undefined {
  const text = sessionStorage.getItem(key);
  if (text === null) return undefined;
  try {
    return JSON.parse(text) as Value;
  } catch {
    return undefined;
  }
}
