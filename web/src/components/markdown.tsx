import { deferred } from "../lib/deferred.tsx";

/** Markdown from a model or a tool; as it was written until its renderer is here. */
export const Markdown = deferred<{ text: string }>(
  async () => (await import("./markdown-view.tsx")).MarkdownView,
  ({ text }) => <div className="prose-chat whitespace-pre-wrap break-words">{text}</div>,
);
