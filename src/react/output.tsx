import { deferred } from "./deferred.tsx";
import type { OutputBodyProps } from "./output-body.tsx";
import { ScrollBox } from "./scroll-box.tsx";

/** What a tool put out; as plain text until what reads it is here. */
export const OutputView = deferred<OutputBodyProps>(
  async () => (await import("./output-body.tsx")).OutputBody,
  ({ text, label }) => <ScrollBox label={label} text={text.slice(0, 20_000)} />,
);
