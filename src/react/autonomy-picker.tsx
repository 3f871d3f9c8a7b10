import { useId } from "react";
import { type Autonomy, autonomyWords } from "./autonomy.ts";
import { words } from "./words.ts";

export interface AutonomyPickerProps {
  offered: readonly Autonomy[];
  chosen: Autonomy | undefined;
  onChoose: (autonomy: Autonomy) => void;
}

/** How far the plan runs by itself once it is approved, with what that means. */
export function AutonomyPicker({ offered, chosen, onChoose }: AutonomyPickerProps) {
  const id = useId();
  return (
    <fieldset className="grid gap-x-4 gap-y-1.5 sm:grid-cols-3">
      <legend className="sr-only">{words.autonomy.label}</legend>
      {offered.map((one) => {
        const { label, hint } = autonomyWords(one);
        return (
          <label key={one} htmlFor={`${id}-${one}`} className="flex items-start gap-2">
            <input
              id={`${id}-${one}`}
              type="radio"
              name={id}
              className="mt-1"
              checked={chosen === one}
              onChange={() => onChoose(one)}
            />
            <span>
              <span className="text-ink">{label}</span>
              <span className="block text-xs">{hint}</span>
            </span>
          </label>
        );
      })}
    </fieldset>
  );
}
