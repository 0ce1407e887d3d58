// One step at a time; where it is taken the form closes, and the focus goes on in the list if the
// work is about to leave it.
import { useSignal, type Signal } from "@preact/signals";

import type { ItemDetail } from "../../api/call";
import { step } from "../desk";
import { leaving } from "../queue";

export function useStep(item: ItemDetail): {
  busy: Signal<boolean>;
  run: (act: () => Promise<unknown>, goes?: boolean) => Promise<boolean>;
} {
  const busy = useSignal(false);
  const run = async (act: () => Promise<unknown>, goes = true): Promise<boolean> => {
    if (busy.value) return false;
    busy.value = true;
    const form = step.value;
    const goOn = leaving(item.id);
    const done = await act().finally(() => {
      busy.value = false;
    });
    if (done === undefined) return false;
    if (step.value !== form) return true;
    step.value = null;
    if (goes) goOn();
    else document.getElementById("doing")?.focus();
    return true;
  };
  return { busy, run };
}
