import katex from "katex";
import { createElement, memo, type ReactNode } from "react";

/** What MathML of KaTeX is made of. Anything else is left out, with all that is in it. */
const tags = new Set(
  "math semantics mrow mi mn mo ms mtext mspace msup msub msubsup mover munder munderover mmultiscripts mfrac msqrt mroot mtable mtr mtd mlabeledtr mpadded mphantom mstyle menclose annotation".split(
    " ",
  ),
);

const attributes = new Set(
  "display displaystyle scriptlevel mathvariant mathcolor mathbackground mathsize stretchy fence separator lspace rspace minsize maxsize width height depth voffset linethickness columnalign columnspacing rowspacing columnlines rowlines accent accentunder movablelimits symmetric largeop notation encoding form frame framespacing side".split(
    " ",
  ),
);

/** A formula as MathML, which needs no fonts and no styles; as it was written, when it cannot be read. */
export const Formula = memo(function Formula({ tex, isBlock }: { tex: string; isBlock: boolean }) {
  const formula = toElements(tex, isBlock);
  if (formula === null) return <code>{tex}</code>;
  return isBlock ? <div className="countersign-formula">{formula}</div> : formula;
});

function toElements(tex: string, isBlock: boolean): ReactNode {
  try {
    const html = katex.renderToString(tex, {
      output: "mathml",
      displayMode: isBlock,
      strict: "ignore",
      trust: false,
      maxSize: 20,
      maxExpand: 500,
    });
    // The page's policy takes no style attributes, not even to be read; texts have their quotes escaped.
    const parsed = new DOMParser().parseFromString(html.replace(/ style="[^"]*"/g, ""), "text/html");
    const math = parsed.querySelector("math");
    return math && toElement(math, 0);
  } catch {
    return null;
  }
}

function toElement(node: Element, key: number): ReactNode {
  const name = node.localName;
  if (!tags.has(name)) return null;
  const kept = [...node.attributes].filter((one) => attributes.has(one.name));
  const props = Object.fromEntries(kept.map((one) => [one.name, one.value]));
  const children = [...node.childNodes].map((child, index) =>
    child instanceof Element ? toElement(child, index) : child.textContent,
  );
  return createElement(name, { ...props, key }, ...children);
}
