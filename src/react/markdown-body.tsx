import { type ComponentProps, type ComponentType, isValidElement, type ReactNode, useId } from "react";
import ReactMarkdown, { type Components, defaultUrlTransform } from "react-markdown";
import remarkGfm from "remark-gfm";
import { CodeBlock } from "./code-block.tsx";
import { hostOf, isRasterData } from "./media.ts";
import { ScrollRegion } from "./scroll-box.tsx";
import { words } from "./words.ts";

type Plugins = NonNullable<ComponentProps<typeof ReactMarkdown>["remarkPlugins"]>;

interface MarkdownBodyProps {
  text: string;
  plugins?: Plugins;
  components?: Components;
}

/** Markdown as elements: no HTML of its own, links open elsewhere, and nothing is fetched from elsewhere. */
export function MarkdownBody({ text, plugins = withTables, components = plain }: MarkdownBodyProps) {
  // Footnotes of several texts on one page.
  const clobberPrefix = `${useId()}-`;
  return (
    <div dir="auto" className="countersign-prose">
      <ReactMarkdown
        remarkPlugins={plugins}
        remarkRehypeOptions={{ clobberPrefix }}
        urlTransform={(url, key) => (key === "src" && isRasterData(url) ? url : defaultUrlTransform(url))}
        components={components}
      >
        {text}
      </ReactMarkdown>
    </div>
  );
}

export const withTables: Plugins = [remarkGfm];

/** @param Formula - Draws what `remark-math` found; without it there are no formulas. */
export function toComponents(Formula?: ComponentType<{ tex: string; isBlock: boolean }>): Components {
  return {
    a: ({ href, children, id }) =>
      href?.startsWith("#") ? (
        <Footnote href={href} id={id}>
          {children}
        </Footnote>
      ) : (
        <a href={href} target="_blank" rel="noopener noreferrer nofollow">
          {children}
        </a>
      ),
    // The heading of footnotes has the same id in every text.
    h2: ({ children, className }) => <h2 className={className}>{children}</h2>,
    img: ({ src, alt = "" }) => <Picture src={typeof src === "string" ? src : ""} alt={alt} />,
    pre({ children }) {
      const { className = "", children: inner } = propsOf(children);
      const code = String(inner ?? "").replace(/\n$/, "");
      if (Formula && className.includes("math-display")) return <Formula tex={code} isBlock />;
      return <CodeBlock code={code} language={className.match(/language-(\S+)/)?.[1]} />;
    },
    code: ({ className, children }) =>
      Formula && className?.includes("math-inline") ? (
        <Formula tex={String(children ?? "")} isBlock={false} />
      ) : (
        <code>{children}</code>
      ),
    // The box of a task; Markdown has no other fields.
    input: ({ checked }) => (
      <input
        type="checkbox"
        checked={checked === true}
        disabled
        aria-label={checked === true ? words.markdown.done : words.markdown.open}
      />
    ),
    table: ({ children }) => (
      <ScrollRegion label={words.markdown.table} className="countersign-table">
        <table>{children}</table>
      </ScrollRegion>
    ),
  };
}

const plain = toComponents();

function propsOf(children: ReactNode): { className?: string; children?: ReactNode } {
  const child = Array.isArray(children) ? children[0] : children;
  return isValidElement<{ className?: string; children?: ReactNode }>(child) ? child.props : { children };
}

/** A picture that came with the text; of one that is elsewhere, the way there. */
function Picture({ src, alt }: { src: string; alt: string }) {
  if (isRasterData(src)) return <img src={src} alt={alt} />;
  const label = words.markdown.image(alt);
  if (!/^https?:/i.test(src)) return <span className="text-muted">{label}</span>;
  return (
    <a
      href={src}
      target="_blank"
      rel="noopener noreferrer nofollow"
      title={words.media.elsewhere(hostOf(src))}
    >
      {label}
    </a>
  );
}

interface FootnoteProps {
  href: string;
  id: string | undefined;
  children: ReactNode;
}

/** To a place within the same text: the address of the page stays, since it says what the page shows. */
function Footnote({ href, id, children }: FootnoteProps) {
  return (
    <a
      href={href}
      id={id}
      onClick={(event) => {
        event.preventDefault();
        const text = event.currentTarget.closest(".countersign-prose");
        const name = decodeURIComponent(href.slice(1));
        text?.querySelector(`#${CSS.escape(name)}`)?.scrollIntoView({ block: "nearest" });
      }}
    >
      {children}
    </a>
  );
}
