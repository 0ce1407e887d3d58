// Wrong label: what a text should have been read as. The work stays; a supervisor approves the copy.
import { useSignal } from "@preact/signals";
import type { RefObject } from "preact";
import { useId, useRef } from "preact/hooks";

import { call, type Schema } from "../api/call";
import { named, t } from "../shared/words";
import { attempt, openId, said, sentence } from "./desk";
import { Dialog } from "./dialog";
import { asked, shown } from "./relabel";

type Label = Schema["RelabelIn"]["labels"][number];
type Urgency = Schema["RelabelIn"]["urgency"];

const LABELS: Label[] = [
  "emergency_medical",
  "self_harm",
  "violence",
  "symptom_worse",
  "medication",
  "food",
  "housing",
  "transportation",
  "utilities",
  "caregiver_strain",
  "help_request",
  "appointment_confirm",
  "appointment_cancel",
  "appointment_reschedule",
  "opt_out",
  "wrong_number",
  "yes",
  "no",
  "none_of_these",
];
const URGENCIES: Urgency[] = ["emergency", "urgent", "routine", "none"];

export function Wrong() {
  const first = useRef<HTMLInputElement>(null);
  return (
    <Dialog shown={shown} title={t("wrong.open")} first={first}>
      {asked.value === null ? null : <Form key={asked.value} message={asked.value} first={first} />}
    </Dialog>
  );
}

function Form({ message, first }: { message: string; first: RefObject<HTMLInputElement | null> }) {
  const id = useId();
  const labels = useSignal<Label[]>([]);
  const urgency = useSignal<Urgency>("routine");
  const missing = useSignal(false);
  const told = useSignal<string | null>(null);
  const busy = useSignal(false);
  const keep = async (): Promise<void> => {
    const item = openId.value;
    if (labels.value.length === 0) {
      missing.value = true;
      first.current?.focus();
      return;
    }
    if (busy.value || item === null) return;
    busy.value = true;
    told.value = null;
    const kept = await attempt(
      () =>
        call("post", "/v1/queue/{item_id}/relabel", {
          path: { item_id: item },
          body: { message_id: message, labels: labels.value, urgency: urgency.value },
          key: crypto.randomUUID(),
        }),
      (problem) => {
        told.value = sentence(problem);
        return true;
      },
    ).finally(() => {
      busy.value = false;
    });
    if (kept === undefined) return;
    said.value = t("wrong.kept");
    shown.value = false;
  };
  return (
    <form
      class="ask"
      onSubmit={(event) => {
        event.preventDefault();
        void keep();
      }}
    >
      <p class="small">{t("wrong.lead")}</p>
      <fieldset aria-describedby={missing.value ? `${id}-missing` : undefined}>
        <legend class="label">{t("wrong.labels")}</legend>
        {LABELS.map((one, place) => (
          <label key={one} class="choice">
            <input
              type="checkbox"
              {...(place === 0 ? { ref: first } : {})}
              checked={labels.value.includes(one)}
              onChange={(event) => {
                const rest = labels.value.filter((other) => other !== one);
                labels.value = event.currentTarget.checked ? [...rest, one] : rest;
                missing.value = false;
              }}
            />
            {named("label", one)}
          </label>
        ))}
      </fieldset>
      <p role="alert" id={`${id}-missing`} class="missing small">
        {missing.value ? t("wrong.needed") : ""}
      </p>
      <fieldset>
        <legend class="label">{t("wrong.urgency")}</legend>
        {URGENCIES.map((one) => (
          <label key={one} class="choice">
            <input
              type="radio"
              name={`${id}-urgency`}
              checked={urgency.value === one}
              onChange={() => {
                urgency.value = one;
              }}
            />
            {named("urgency", one)}
          </label>
        ))}
      </fieldset>
      <div role="alert">
        {told.value === null ? null : <p class="notice wrong">{told.value}</p>}
      </div>
      <button type="submit" class="button first" disabled={busy.value}>
        {t("wrong.send")}
      </button>
    </form>
  );
}
