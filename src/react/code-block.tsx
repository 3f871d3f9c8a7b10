import { CopyButton } from "./copy-button.tsx";
import { deferred } from "./deferred.tsx";
import { ScrollRegion } from "./scroll-box.tsx";
import { words } from "./words.ts";

interface CodeBlockProps {
  code: string;
  language?: string | undefined;
}

const Highlighted = deferred<{ code: string; language: string | undefined }>(
  async () => (await import("./highlighted-code.tsx")).HighlightedCode,
  ({ code }) => code,
);

/** Code that a model wrote: coloured where its language is known, scrolled sideways, copied by a press. */
export function CodeBlock({ code, language }: CodeBlockProps) {
  return (
    <div className="countersign-code">
      <div className="countersign-code-bar">
        <span>{language ?? ""}</span>
        <CopyButton text={code} label={words.code.copy} />
      </div>
      <ScrollRegion label={words.code.label(language)}>
        <pre>
          <code>{language === undefined ? code : <Highlighted code={code} language={language} />}</code>
        </pre>
      </ScrollRegion>
    </div>
  );
}
