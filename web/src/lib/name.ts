const key = "countersign.name";

/** The display name that decisions carry; null until the person has been asked. */
export function readName(): string | null {
  return localStorage.getItem(key);
}

export function writeName(name: string): void {
  localStorage.setItem(key, name.trim().slice(0, 80));
}
