// A form that is folded away until somebody wants it: what every such form does with what is missing,
// with a refusal, and when it is done.
import type { ComponentChildren } from "preact";
import { useId, useRef } from "preact/hooks";

import { Refused, type Acting } from "./acting";
import { Missing } from "./fields";

interface Props {
  title: string;
  act: string;
  acting: Acting;
  /** What is missing, in words; the first field that needs something and is empty gets the focus. */
  lacks?: string | null;
  /** Whether it is done: then it folds, and its heading has the focus. */
  save: () => Promise<boolean>;
  children: ComponentChildren;
}

export function Fold({ title, act, acting, lacks = null, save, children }: Props) {
  const id = useId();
  const fold = useRef<HTMLDetailsElement>(null);
  const send = async (): Promise<void> => {
    const box = fold.current;
    if (await save()) {
      if (box === null) return;
      box.open = false;
      box.querySelector("summary")?.focus({ preventScroll: true });
      return;
    }
    const needed = [...(box?.querySelectorAll<HTMLInputElement>("[aria-required]") ?? [])];
    needed.find((one) => one.value.trim() === "")?.focus();
  };
  return (
    <details ref={fold}>
      <summary>{title}</summary>
      <form
        class="ask"
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
      >
        {children}
        <Missing id={`${id}-missing`} words={lacks} />
        <Refused of={acting} />
        <button type="submit" class="button first" disabled={acting.busy.value}>
          {act}
        </button>
      </form>
    </details>
  );
}
