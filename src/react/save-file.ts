/** Hands the person a text as a file. */
export function saveFile(name: string, text: string, type = "text/plain"): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  // The browser has begun to read it by then, and may not have ended.
  window.setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** A name that every file system takes, and that leads nowhere else. */
export function toFileName(title: string, otherwise: string): string {
  const plain = title.replace(/[^\p{L}\p{N} ._-]/gu, "").replace(/^[. ]+/, "");
  return plain.slice(0, 60).trim() || otherwise;
}
