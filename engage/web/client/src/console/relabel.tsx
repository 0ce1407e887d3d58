// Wrong label: the way to the dialog in which one says what a text should have been read as.
import { signal } from "@preact/signals";

import { t } from "../shared/words";

export const shown = signal(false);
export const asked = signal<string | null>(null);

export function openWrong(message: string): void {
  asked.value = message;
  shown.value = true;
}

export function WrongButton({ message }: { message: string }) {
  return (
    <button
      type="button"
      class="button quiet small"
      onClick={() => {
        openWrong(message);
      }}
    >
      {t("wrong.open")}
    </button>
  );
}
