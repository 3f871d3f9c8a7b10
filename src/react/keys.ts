const key = "countersign.keys";

/** Single-key shortcuts can be switched off (WCAG 2.1.4): whoever dictates text would press them by accident. */
export function areKeysOn(): boolean {
  return localStorage.getItem(key) !== "off";
}

/** Remembers the choice and shows it: legends hide while the keys are off. */
export function switchKeys(isOn: boolean): void {
  if (isOn) localStorage.removeItem(key);
  else localStorage.setItem(key, "off");
  showKeys();
}

export function showKeys(): void {
  document.documentElement.dataset.keys = areKeysOn() ? "on" : "off";
}
