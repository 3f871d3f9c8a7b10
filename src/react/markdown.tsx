import { deferred } from "./deferred.tsx";

/** Markdown from a model or a tool; as it was written until its renderer is here. */
export const Markdown = deferred<{ text: string }>(
  async () => (await import("./markdown-view.tsx")).MarkdownView,
  ({ text }) => (
    <div dir="auto" className="countersign-prose whitespace-pre-wrap break-words">
      {text}
    </div>
  ),
);
