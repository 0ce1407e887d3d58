// What is fetched where somebody signs in, or looks at their own sign-ins: its program, with its words.
import { signal, type Signal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { speakOfDoor, t } from "../shared/words";
import { asked, mineShown } from "./door";
import { attempt, part } from "./desk";

const door = signal<typeof import("./door/all") | undefined>(undefined);

async function fetched(): Promise<void> {
  if (door.value !== undefined) return;
  const both = () => Promise.all([import("./door/all"), speakOfDoor()]);
  door.value = (await attempt(() => part(both)))?.[0];
}

interface Way {
  enter: (act: () => Promise<boolean>) => Promise<void>;
  wrong: Signal<string>;
}

/** The forms by which one signs in. */
export function Ways(way: Way) {
  useEffect(() => void fetched(), []);
  return door.value === undefined ? (
    <p class="soft">{t("loading")}</p>
  ) : (
    <door.value.Door {...way} />
  );
}

/** What is asked of, and shown to, who is signed in. */
export function Own() {
  const wanted = mineShown.value || asked.value !== null;
  useEffect(() => {
    if (!wanted) return;
    void fetched().then(() => {
      if (door.value !== undefined) return;
      mineShown.value = false;
      asked.value?.(false);
    });
  }, [wanted]);
  if (door.value === undefined) return null;
  return (
    <>
      <door.value.Mine />
      <door.value.Prove />
    </>
  );
}
