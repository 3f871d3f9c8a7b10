import { useEffect, useRef } from "react";
import { areKeysOn } from "../lib/keys.ts";

/** What single keys do, by `KeyboardEvent.key`. */
export type SingleKeys = Readonly<Record<string, (() => void) | undefined>>;

/** Listens for single keys while `isOn`: never while the person writes, nor while a dialog is open. */
export function useSingleKeys(isOn: boolean, keys: SingleKeys): void {
  const current = useRef(keys);
  current.current = keys;
  useEffect(() => {
    if (!isOn) return;
    const pressed = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
      if (!areKeysOn() || isWriting(event.target) || document.querySelector("dialog[open]")) return;
      const act = current.current[event.key];
      if (act === undefined) return;
      event.preventDefault();
      act();
    };
    document.addEventListener("keydown", pressed);
    return () => document.removeEventListener("keydown", pressed);
  }, [isOn]);
}

function isWriting(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target instanceof HTMLTextAreaElement) return true;
  if (target instanceof HTMLSelectElement) return true;
  return target instanceof HTMLInputElement && !["checkbox", "radio", "button"].includes(target.type);
}
