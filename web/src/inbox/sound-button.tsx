import { Button } from "countersign/react";
import { Volume2, VolumeX } from "lucide-react";
import { words } from "../words.ts";
import type { Sound } from "./use-sound.ts";

export function SoundButton({ sound }: { sound: Sound }) {
  const Icon = sound.isOn ? Volume2 : VolumeX;
  return (
    <Button kind="quiet" aria-pressed={sound.isOn} title={words.inbox.soundHint} onClick={sound.toggle}>
      <Icon className="size-4" aria-hidden /> {words.inbox.sound}
    </Button>
  );
}
