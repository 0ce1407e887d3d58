// What is shown once, to be copied: an address that opens by itself for whoever has it.
import { useSignal } from "@preact/signals";
import { useId, useRef } from "preact/hooks";

import { t } from "../../shared/words";

export function Secret({ label, value }: { label: string; value: string }) {
  const id = useId();
  const copied = useSignal<"link.copied" | "link.select" | null>(null);
  const field = useRef<HTMLInputElement>(null);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(value);
      copied.value = "link.copied";
    } catch {
      // Not every browser lets a page write there: it is selected, and one copies by hand.
      field.current?.select();
      copied.value = "link.select";
    }
  };
  return (
    <div class="ask inset">
      <label for={id}>{label}</label>
      <input
        id={id}
        ref={field}
        readOnly
        value={value}
        aria-describedby={`${id}-once`}
        onFocus={() => {
          field.current?.select();
        }}
      />
      <p class="small" id={`${id}-once`}>
        {t("secret.once")}
      </p>
      <button type="button" class="button first" onClick={() => void copy()}>
        {t("link.copy")}
      </button>
      <p role="status" class="small">
        {copied.value === null ? "" : t(copied.value)}
      </p>
    </div>
  );
}
