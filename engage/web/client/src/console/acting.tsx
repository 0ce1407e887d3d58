// Doing one thing at a time, and saying beside it what was refused, in words.
import { useSignal, type Signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import { t } from "../shared/words";
import { attempt, said } from "./desk";
import { refusal } from "./texting";

export interface Acting {
  busy: Signal<boolean>;
  refused: Signal<string | null>;
  /** Run it unless something runs already; what is refused is kept, and undefined returned. */
  act: <T>(what: () => Promise<T>, done?: string) => Promise<T | undefined>;
}

/** `reread` brings what changed under one's hands. */
export function useActing(reread?: () => Promise<void>): Acting {
  const busy = useSignal(false);
  const refused = useSignal<string | null>(null);
  const act: Acting["act"] = async (what, done) => {
    if (busy.value) return undefined;
    busy.value = true;
    refused.value = null;
    const made = await attempt(what, async (problem) => {
      refused.value = problem.status === 412 ? t("do.changed") : refusal(problem);
      if (problem.status === 409 || problem.status === 412) await reread?.();
      return true;
    }).finally(() => {
      busy.value = false;
    });
    if (refused.value === null && done !== undefined) said.value = done;
    return made;
  };
  return { busy, refused, act };
}

export function Refused({ of }: { of: Acting }) {
  const where = useRef<HTMLDivElement>(null);
  const words = of.refused.value;
  useEffect(() => {
    if (words !== null) where.current?.scrollIntoView({ block: "nearest" });
  }, [words]);
  return (
    <div role="alert" ref={where} class="refused">
      {words === null ? null : <p class="notice wrong">{words}</p>}
    </div>
  );
}
