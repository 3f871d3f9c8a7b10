export type Theme = "system" | "light" | "dark";

const key = "countersign.theme";
const darkMedia = () => window.matchMedia("(prefers-color-scheme: dark)");

export function readTheme(): Theme {
  const stored = localStorage.getItem(key);
  return stored === "light" || stored === "dark" ? stored : "system";
}

/** Shows a theme and remembers it; `system` follows the machine, also when that changes. */
export function applyTheme(theme: Theme): void {
  if (theme === "system") localStorage.removeItem(key);
  else localStorage.setItem(key, theme);
  const isDark = theme === "dark" || (theme === "system" && darkMedia().matches);
  document.documentElement.dataset.theme = isDark ? "dark" : "light";
}

/** Calls back when the machine's own preference changes. Returns its undo. */
export function onSystemTheme(changed: () => void): () => void {
  const media = darkMedia();
  media.addEventListener("change", changed);
  return () => media.removeEventListener("change", changed);
}
