/** The title of the browser's tab: how many questions wait, and what is shown. */
export function showTitle(what: string, waiting: number): void {
  document.title = `${waiting > 0 ? `(${waiting}) ` : ""}${what} · Countersign`;
}
