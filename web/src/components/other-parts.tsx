import { JsonTree } from "countersign/react";
import { words } from "../words.ts";

/** Parts of a message of a shape that nobody here knows: as they are, so that nothing is left out. */
export function OtherParts({ parts }: { parts: readonly Record<string, unknown>[] }) {
  return parts.map((part, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: a message's parts never change places
    <details key={index} className="mt-2 w-full rounded-lg border border-line bg-panel px-3 py-2 text-sm">
      <summary className="cursor-pointer text-muted">
        {typeof part.type === "string" ? part.type : words.chat.unknownPart}
      </summary>
      <div className="mt-1">
        <JsonTree value={part} />
      </div>
    </details>
  ));
}
