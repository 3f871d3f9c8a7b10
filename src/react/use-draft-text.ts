import { useCallback, useEffect, useState } from "react";
import { write } from "./use-draft.ts";

/** Text being written, kept per place across reloads until it is sent. */
export function useDraftText(place: string): [text: string, setText: (text: string) => void] {
  const key = `countersign.draft.${place}`;
  const [text, setText] = useState(() => sessionStorage.getItem(key) ?? "");
  useEffect(() => setText(sessionStorage.getItem(key) ?? ""), [key]);
  const change = useCallback(
    (next: string) => {
      setText(next);
      if (next === "") sessionStorage.removeItem(key);
      else write(key, next);
    },
    [key],
  );
  return [text, change];
}
