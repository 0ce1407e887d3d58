// A restricted record: what is known in front of it, and its program (how it is opened, marked, reported),
// which is fetched when somebody meets one.
import { signal } from "@preact/signals";

import { speakOfRestricted } from "../shared/words";
import { attempt, part } from "./session";

type Restricted = typeof import("./restricted/all");

export const restricted = signal<Restricted | undefined>(undefined);

/** Grows when a restricted record was opened, or somebody has seen that. */
export const opened = signal(0);

let coming: Promise<void> | undefined;

export function bringRestricted(): Promise<void> {
  if (restricted.value !== undefined) return Promise.resolve();
  const both = () => Promise.all([import("./restricted/all"), speakOfRestricted()]);
  coming ??= attempt(() => part(both)).then((found) => {
    coming = undefined;
    restricted.value = found?.[0];
  });
  return coming;
}
