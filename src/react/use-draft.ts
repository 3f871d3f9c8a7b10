import { useCallback, useEffect, useState } from "react";

const prefix = "countersign.draft.";

/**
 * Puts back all that was made up for one question, or one plan: its places end with the interrupt's id, or the
 * plan's digest.
 */
export function dropDrafts(of: string): void {
  for (const key of Object.keys(sessionStorage)) {
    if (key.startsWith(prefix) && key.endsWith(`.${of}`)) sessionStorage.removeItem(key);
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
      else write(key, JSON.stringify(next));
    },
    [key],
  );
  return [value, change];
}

/** A draft that is too large to be kept is still there until the page goes. */
export function write(key: string, text: string): void {
  try {
    sessionStorage.setItem(key, text);
  } catch {
    sessionStorage.removeItem(key);
  }
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
