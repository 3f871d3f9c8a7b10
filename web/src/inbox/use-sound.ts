import type { InboxEntry } from "countersign/react";
import { useCallback, useState } from "react";
import { useNews } from "./use-news.ts";

const key = "countersign.sound";

export interface Sound {
  isOn: boolean;
  toggle: () => void;
}

/** A short tone when a question opens on any thread. Off until asked for. */
export function useSound(entries: readonly InboxEntry[] | null): Sound {
  const [isOn, setOn] = useState(() => localStorage.getItem(key) === "on");
  useNews(entries, () => isOn && playTone());
  const toggle = useCallback(() => {
    const next = !isOn;
    if (next) localStorage.setItem(key, "on");
    else localStorage.removeItem(key);
    setOn(next);
    // So that it is known what to expect; and a browser lets a page be heard only after it was pressed.
    if (next) playTone();
  }, [isOn]);
  return { isOn, toggle };
}

let context: AudioContext | undefined;

/** Hz, and seconds from the beginning. */
const notes = [
  { pitch: 659, at: 0 },
  { pitch: 880, at: 0.12 },
] as const;
const noteSeconds = 0.25;
const loudness = 0.08;

function playTone(): void {
  context ??= new AudioContext();
  // Before the person has pressed anything the browser keeps it silent, and that is fine.
  void context.resume().catch(() => {});
  for (const { pitch, at } of notes) {
    const start = context.currentTime + at;
    const volume = context.createGain();
    volume.gain.setValueAtTime(loudness, start);
    volume.gain.exponentialRampToValueAtTime(0.0001, start + noteSeconds);
    const tone = context.createOscillator();
    tone.frequency.value = pitch;
    tone.connect(volume).connect(context.destination);
    tone.start(start);
    tone.stop(start + noteSeconds);
  }
}
