import { useId } from "react";
import { type Autonomy, autonomyWords } from "../conversation/autonomy.ts";

interface AutonomyPickerProps {
  offered: readonly Autonomy[];
  chosen: Autonomy | undefined;
  onChoose: (autonomy: Autonomy) => void;
}

/** How far the plan runs by itself once it is approved, with what that means. */
export function AutonomyPicker({ offered, chosen, onChoose }: AutonomyPickerProps) {
  const id = useId();
  return (
    <fieldset className="grid gap-x-4 gap-y-1.5 sm:grid-cols-3">
      <legend className="sr-only">Once approved</legend>
      {offered.map((one) => (
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
            <span className="text-ink">{autonomyWords[one].label}</span>
            <span className="block text-xs">{autonomyWords[one].hint}</span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}
