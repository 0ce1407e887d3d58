// A form of one step: Enter and Ctrl+Enter do it, a digit chooses, and the focus begins in it.
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

import { t } from "../../shared/words";
import { digits, leaveStep } from "../keys";

interface Props {
  label: string;
  go: string;
  busy: boolean;
  onDo: () => void;
  onLeave?: () => void;
  children: ComponentChildren;
}

const FIRST = "input:checked, input:not(:disabled), select, textarea";

export function StepForm({ label, go, busy, onDo, onLeave, children }: Props) {
  const form = useRef<HTMLFormElement>(null);
  // Before the next key: who is fast types on in the form, and not past it.
  useLayoutEffect(() => {
    form.current?.querySelector<HTMLElement>(FIRST)?.focus();
  }, []);
  return (
    <form
      ref={form}
      class="finish step"
      aria-label={label}
      onSubmit={(event) => {
        event.preventDefault();
        onDo();
      }}
      onKeyDown={(event) => {
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) onDo();
        else digits(event);
      }}
    >
      {children}
      <div class="row">
        <button type="submit" class="button first" disabled={busy}>
          {go}
        </button>
        <button
          type="button"
          class="button quiet"
          onClick={() => {
            (onLeave ?? leaveStep)();
          }}
        >
          {t("cancel")}
        </button>
      </div>
    </form>
  );
}
