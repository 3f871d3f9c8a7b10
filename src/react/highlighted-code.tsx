import { common, createLowlight } from "lowlight";
import { memo, type ReactNode } from "react";

const lowlight = createLowlight(common);

/** Characters up to which code is coloured: beyond, it takes longer than anyone waits. */
const maxLength = 50_000;

interface HighlightedCodeProps {
  code: string;
  language: string | undefined;
}

/** Code with its parts as classes (`hljs-…`); as it is, in a language that is not known. */
export const HighlightedCode = memo(function HighlightedCode({ code, language }: HighlightedCodeProps) {
  if (language === undefined || !lowlight.registered(language) || code.length > maxLength) return code;
  return toNodes(lowlight.highlight(language, code).children);
});

type Tree = ReturnType<typeof lowlight.highlight>["children"];

function toNodes(nodes: Tree): ReactNode {
  return nodes.map((node, index) => {
    if (node.type === "text") return node.value;
    if (node.type !== "element") return null;
    const { className } = node.properties;
    return (
      // biome-ignore lint/suspicious/noArrayIndexKey: a part of code has nothing else to be known by
      <span key={index} className={Array.isArray(className) ? className.join(" ") : ""}>
        {toNodes(node.children)}
      </span>
    );
  });
}
