import type { KeyboardEvent, SyntheticEvent } from "react";

/**
 * For a dialog that there is no way around. A browser closes one on a second Escape, whatever the first was told; the
 * page behind it has the focus then, and hears the third. So the key does nothing at all.
 */
export const withoutEscape = {
  onKeyDown(event: KeyboardEvent) {
    if (event.key === "Escape") event.preventDefault();
  },
  /** Asked for in another way than by the key. */
  onCancel(event: SyntheticEvent) {
    event.preventDefault();
  },
};
