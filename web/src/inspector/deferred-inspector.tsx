import { deferred } from "countersign/react";
import type { InspectorProps } from "./inspector.tsx";

/** {@link Inspector}, fetched when it is opened. */
export const DeferredInspector = deferred<InspectorProps>(
  async () => (await import("./inspector.tsx")).Inspector,
  () => null,
);
