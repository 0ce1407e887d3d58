// A dialog of the browser's own: it keeps the focus inside, and gives it back.
import type { Signal } from "@preact/signals";
import type { ComponentChildren, RefObject } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";

import { t } from "../shared/words";

interface Props {
  shown: Signal<boolean>;
  title: string;
  first: RefObject<HTMLElement | null>;
  children: ComponentChildren;
}

export function Dialog({ shown, title, first, children }: Props) {
  const id = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  const open = shown.value;
  useEffect(() => {
    if (!open) return;
    dialog.current?.showModal();
    first.current?.focus();
  }, [open]);
  if (!open) return null;
  return (
    <dialog
      ref={dialog}
      aria-labelledby={id}
      onClose={() => {
        shown.value = false;
      }}
    >
      <div class="row spread">
        <h2 id={id}>{title}</h2>
        <button type="button" class="button quiet" onClick={() => dialog.current?.close()}>
          {t("close")}
        </button>
      </div>
      {children}
    </dialog>
  );
}
