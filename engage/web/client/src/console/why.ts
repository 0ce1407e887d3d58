// Why something is flagged, what was done about a crisis so far, and what stands around the person:
// fetched with the first card that is opened. Until it is there a card shows the words themselves,
// and "I am on it" works.
import { signal } from "@preact/signals";

import { speakOfReasons } from "../shared/words";
import { attempt, part } from "./desk";

type Why = typeof import("./why/all");

export const why = signal<Why | undefined>(undefined);

let coming: Promise<void> | undefined;

export function bringWhy(): Promise<void> {
  if (why.value !== undefined) return Promise.resolve();
  const both = () => Promise.all([import("./why/all"), speakOfReasons()]);
  coming ??= attempt(() => part(both)).then((found) => {
    coming = undefined;
    why.value = found?.[0];
  });
  return coming;
}
