/** The name in an actor's id: `local:Ana` is Ana. */
export function nameOf(id: string): string {
  return id.replace(/^local:/, "");
}
