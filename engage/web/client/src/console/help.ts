// The way to the card of the keyboard, which is fetched when somebody opens it.
import { signal } from "@preact/signals";

export const shown = signal(false);

export function openHelp(): void {
  shown.value = true;
}
