// A box to tick.
import type { Signal } from "@preact/signals";

export function Check({ label, value }: { label: string; value: Signal<boolean> }) {
  return (
    <label class="choice">
      <input
        type="checkbox"
        checked={value.value}
        onChange={(event) => {
          value.value = event.currentTarget.checked;
        }}
      />
      <span>{label}</span>
    </label>
  );
}
