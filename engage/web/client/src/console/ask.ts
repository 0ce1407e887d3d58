// Ask a patient an instrument's questions by text: the way to the dialog, which is fetched when opened.
import { signal } from "@preact/signals";

import type { Found } from "../api/call";

export type Asked = Pick<
  Found,
  "id" | "given_name" | "family_name" | "external_id" | "language"
>;

export const shown = signal(false);
/** Whom it is about, where one comes from their page. */
export const about = signal<Asked | null>(null);

export function openAsk(person: Asked | null = null): void {
  about.value = person;
  shown.value = true;
}
