// A call or a visit, as it went: to have reached somebody is an answer, as a text is.
import { useSignal } from "@preact/signals";

import { call, type ItemDetail, type Schema } from "../../api/call";
import { named, t } from "../../shared/words";
import { loadCard, loadQueue, said, step } from "../desk";
import { Refused, useActing } from "../acting";
import { Area, Choice, Minutes, minutesOf, Select } from "../fields";
import { StepForm } from "./form";

type Outcome = Schema["AttemptIn"]["outcome"];
const OUTCOMES: Outcome[] = [
  "reached-patient",
  "left-message",
  "no-answer",
  "reached-caregiver",
  "wrong-number",
];
const CHANNELS = ["phone", "video", "visit"] as const;
const WAYS = ["out", "in"] as const;

export function Logged({ item }: { item: ItemDetail }) {
  const outcome = useSignal<Outcome | null>("reached-patient");
  const channel = useSignal<(typeof CHANNELS)[number]>("phone");
  const way = useSignal<(typeof WAYS)[number]>("out");
  const note = useSignal("");
  const minutes = useSignal("");
  const acting = useActing(loadCard);
  const log = async (): Promise<void> => {
    const how = outcome.value;
    if (item.patient === null || how === null) return;
    const who = item.patient.id;
    const words = note.value.trim();
    const made = await acting.act(() =>
      call("post", "/v1/patients/{patient_id}/contacts", {
        path: { patient_id: who },
        body: {
          channel: channel.value,
          direction: way.value,
          outcome: how,
          note: words === "" ? null : words,
          minutes: minutesOf(minutes.value),
          item_id: item.id,
        },
        // Two calls that went alike are two calls.
        key: crypto.randomUUID(),
      }),
    );
    if (made === undefined) return;
    step.value = null;
    said.value = t(made.closed === null ? "call.logged" : "call.closed");
    document.getElementById("doing")?.focus();
    await Promise.all([loadCard(), loadQueue()]);
  };
  return (
    <StepForm
      label={t("step.call")}
      go={t("call.do")}
      busy={acting.busy.value}
      onDo={() => void log()}
    >
      <Choice legend={t("call.how")} of={OUTCOMES} value={outcome} say={(one) => t(`call.${one}`)} />
      <div class="pair">
        <Select label={t("call.by")} of={CHANNELS} value={channel} say={(one) => named("call.by", one)} />
        <Select label={t("call.way")} of={WAYS} value={way} say={(one) => named("call.way", one)} />
      </div>
      <Area label={t("do.note")} value={note} most={4000} />
      <Minutes value={minutes} />
      <Refused of={acting} />
    </StepForm>
  );
}
