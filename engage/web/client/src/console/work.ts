// The rest of what one does with work: steps beside the claim, many at once, lists of one's own,
// replies kept ready. It is fetched right after the queue is shown, and waited for by whoever is
// faster.
import { signal } from "@preact/signals";

import { speakOfWork } from "../shared/words";
import { attempt, part } from "./desk";

type Work = typeof import("./work/all");

export const work = signal<Work | undefined>(undefined);
export const listsShown = signal(false);

let coming: Promise<Work | undefined> | undefined;

export function bringWork(): Promise<Work | undefined> {
  if (work.value !== undefined) return Promise.resolve(work.value);
  const both = () => Promise.all([import("./work/all"), speakOfWork()]);
  coming ??= attempt(() => part(both)).then((found) => {
    coming = undefined;
    work.value = found?.[0];
    return work.value;
  });
  return coming;
}
