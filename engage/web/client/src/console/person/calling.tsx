// The call: one press says how it went. What this system texted by itself is no call.
import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";

import { call, type Schema } from "../../api/call";
import { when } from "../../shared/time";
import { named, t } from "../../shared/words";
import { Refused, useActing } from "../acting";
import { Area, Minutes, minutesOf, Select } from "../fields";
import { loadQueue } from "../desk";
import { Due } from "../queue";
import { callDue, loadPerson, ours, person, work } from "./state";

type Outcome = Schema["AttemptIn"]["outcome"];
const OFTEN: Outcome[] = ["reached-patient", "left-message", "no-answer"];
const SELDOM: Outcome[] = ["reached-caregiver", "wrong-number"];
const CHANNELS = ["phone", "video", "visit"] as const;

export function Calling() {
  const who = person.value;
  const due = callDue.value;
  const note = useSignal("");
  const minutes = useSignal("");
  const channel = useSignal<(typeof CHANNELS)[number]>("phone");
  const became = useSignal<string | null>(null);
  const acting = useActing(loadPerson);
  const told = useRef<HTMLParagraphElement>(null);
  // Before that nobody can say which piece of work a call is for.
  if (who === undefined || work.value === undefined) return <p class="soft">{t("loading")}</p>;

  const log = async (outcome: Outcome): Promise<void> => {
    const words = note.value.trim();
    became.value = null;
    const made = await acting.act(() =>
      call("post", "/v1/patients/{patient_id}/contacts", {
        path: { patient_id: who.id },
        body: {
          channel: channel.value,
          direction: "out",
          outcome,
          note: words === "" ? null : words,
          minutes: minutesOf(minutes.value),
          item_id: due?.id ?? null,
        },
        // Two calls that went alike are two calls.
        key: crypto.randomUUID(),
      }),
    );
    if (made === undefined) return;
    note.value = "";
    minutes.value = "";
    const done = due !== undefined && made.closed !== null;
    became.value = t(
      done
        ? "calling.closed"
        : due === undefined
          ? "calling.logged"
          : "calling.again",
      { outcome: named("calling", outcome), when: due === undefined ? "" : when(due.due_at, ours.value) },
    );
    await Promise.all([loadPerson(), loadQueue()]);
    told.current?.focus();
  };

  const press = (outcome: Outcome) => (
    <button
      key={outcome}
      type="button"
      class={outcome === "reached-patient" && due !== undefined ? "button first" : "button"}
      aria-disabled={acting.busy.value}
      onClick={() => void log(outcome)}
    >
      {named("calling", outcome)}
    </button>
  );

  return (
    <div class={due === undefined ? "calling" : "calling notice warn"}>
      {due === undefined ? null : (
        <p>
          <strong>{t("calling.due")}</strong> <Due moment={due.due_at} zone={ours.value} />
        </p>
      )}
      {who.phone === null ? (
        <p class="small">{t("calling.no.phone")}</p>
      ) : (
        <a class="button" href={`tel:${who.phone}`}>
          {t("do.call", { name: who.given_name })}
        </a>
      )}
      <div role="group" aria-label={t("calling.how")} class="row thumbs">
        {OFTEN.map(press)}
      </div>
      <details>
        <summary>{t("calling.more")}</summary>
        <div class="ask">
          <Area label={t("do.note")} value={note} most={4000} hint={t("calling.note.hint")} />
          <Minutes value={minutes} />
          <Select
            label={t("calling.channel")}
            of={CHANNELS}
            value={channel}
            say={(one) => named("calling.by", one)}
          />
          <div class="row">{SELDOM.map(press)}</div>
        </div>
      </details>
      <Refused of={acting} />
      <p role="status" class="small" ref={told} tabIndex={-1}>
        {became.value ?? ""}
      </p>
    </div>
  );
}
