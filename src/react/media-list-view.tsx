import { Download, ExternalLink, File as FileIcon, X } from "lucide-react";
import { useRef, useState } from "react";
import { hostOf, type Media } from "./media.ts";
import { OutputView } from "./output.tsx";
import { toFileName } from "./save-file.ts";
import { words } from "./words.ts";

/** Images and files of a message or a step. What is elsewhere is fetched by a click, and in a tab of its own. */
export function MediaListView({ media }: { media: readonly Media[] }) {
  return (
    <ul aria-label={words.media.list} className="mt-2 flex flex-wrap gap-2">
      {media.map((one, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a message's parts never change places
        <li key={index} className="min-w-0 max-w-full">
          {one.kind === "image" && one.src !== null ? (
            <Picture image={one} src={one.src} />
          ) : (
            <FileChip file={one} />
          )}
        </li>
      ))}
    </ul>
  );
}

function Picture({ image, src }: { image: Media; src: string }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [isLarge, setLarge] = useState(false);
  const name = image.name ?? words.media.image;
  return (
    <>
      <button
        type="button"
        aria-label={words.media.enlarge(name)}
        className="block overflow-hidden rounded-lg border border-line bg-sunken hover:border-strong"
        onClick={() => {
          setLarge(true);
          dialog.current?.showModal();
        }}
      >
        {/* Its height is known before it is here, so that nothing moves when it comes. */}
        <img src={src} alt={name} className="h-40 max-w-full object-contain" />
      </button>
      <dialog
        ref={dialog}
        aria-label={name}
        className="m-auto max-h-[94dvh] max-w-[94vw] rounded-xl border border-line bg-panel p-3 text-ink backdrop:bg-black/60"
        onClose={() => setLarge(false)}
      >
        <div className="mb-2 flex items-center gap-2 text-sm">
          <span dir="auto" className="min-w-0 flex-1 truncate">
            {name}
          </span>
          <a
            href={src}
            download={fileName(image)}
            aria-label={words.media.save(name)}
            title={words.media.save(name)}
            className="rounded-md p-1.5 text-muted hover:bg-sunken hover:text-ink"
          >
            <Download className="size-4" aria-hidden />
          </a>
          <button
            type="button"
            aria-label={words.media.close}
            className="rounded-md p-1.5 text-muted hover:bg-sunken hover:text-ink"
            onClick={() => dialog.current?.close()}
          >
            <X className="size-4" aria-hidden />
          </button>
        </div>
        {isLarge ? <img src={src} alt={name} className="max-h-[80dvh] max-w-full object-contain" /> : null}
      </dialog>
    </>
  );
}

const chip =
  "flex max-w-full items-center gap-2 rounded-lg border border-line bg-panel px-3 py-2 text-start text-sm hover:border-strong hover:bg-sunken";

function FileChip({ file }: { file: Media }) {
  const [isOpen, setOpen] = useState(false);
  const { src, href, text, mimeType } = file;
  const name =
    file.name ?? (file.kind === "image" || /^image\//.test(mimeType) ? words.media.image : words.media.file);
  const inner = (
    <>
      <FileIcon className="size-4 shrink-0 text-muted" aria-hidden />
      <span dir="auto" className="min-w-0 truncate">
        {name}
      </span>
      <span className="shrink-0 text-muted text-xs">
        {href === null ? [mimeType, sizeOf(file)].filter(Boolean).join(" · ") : hostOf(href)}
      </span>
    </>
  );
  if (href !== null) {
    return (
      <a
        href={href}
        target="_blank"
        rel="noopener noreferrer nofollow"
        className={chip}
        aria-label={words.media.open(name, hostOf(href))}
        title={words.media.elsewhere(hostOf(href))}
      >
        {inner}
        <ExternalLink className="size-3.5 shrink-0 text-muted" aria-hidden />
      </a>
    );
  }
  if (src !== null) {
    return (
      <a href={src} download={fileName(file)} className={chip} aria-label={words.media.save(name)}>
        {inner}
        <Download className="size-3.5 shrink-0 text-muted" aria-hidden />
      </a>
    );
  }
  return (
    <>
      <button type="button" aria-expanded={isOpen} className={chip} onClick={() => setOpen(!isOpen)}>
        {inner}
      </button>
      {isOpen ? <OutputView text={text ?? ""} label={words.media.text(name)} /> : null}
    </>
  );
}

function sizeOf({ src, text }: Media): string {
  if (text !== null) return words.media.size(text.length);
  const data = src?.match(/^data:[^,]*;base64,/)?.[0];
  return src && data ? words.media.size(Math.floor(((src.length - data.length) * 3) / 4)) : "";
}

/** A name to save it under; the type says how it ends, when the name does not. */
function fileName({ name, mimeType }: Media): string {
  const ending = `.${mimeType.match(/^[^/]*\/(\w{1,20})/)?.[1] ?? "bin"}`;
  const [, stem = "", own = ending] = /^(.*?)(\.\w{1,8})?$/s.exec(name ?? "") ?? [];
  return `${toFileName(stem, words.media.fileName)}${own}`;
}
