import { useEffect, useRef } from "react";
import { useIsForMe } from "./area.tsx";
import { areKeysOn } from "./keys.ts";

/** What single keys do, by `KeyboardEvent.key`. */
export type SingleKeys = Readonly<Record<string, (() => void) | undefined>>;

/**
 * Listens for single keys while `isOn`: never while the person writes, nor while a dialog is open, nor while the
 * focus is in another part of the page that has its own.
 */
export function useSingleKeys(isOn: boolean, keys: SingleKeys): void {
  const isForMe = useIsForMe();
  const current = useRef({ keys, isForMe });
  current.current = { keys, isForMe };
  useEffect(() => {
    if (!isOn) return;
    const pressed = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
      if (!areKeysOn() || isWriting(event.target) || document.querySelector("dialog[open]")) return;
      const act = current.current.keys[event.key];
      if (act === undefined || !current.current.isForMe(event.target)) return;
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
