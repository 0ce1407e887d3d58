// One visit, more closely: a free time for it, what they say of it, an earlier time to wait for, its
// calendar file, and the address if it is by video.
import { useSignal } from "@preact/signals";

import { call, type Appointment, type Schema } from "../../api/call";
import { t } from "../../shared/words";
import { useActing } from "../acting";
import { keyOf } from "../desk";
import { Choice, Field, Select } from "../fields";
import { Fold } from "../fold";
import { Secret } from "./secret";
import { Choosing, useTimes } from "./times";
import { Join } from "./waiting";

type Answered = Schema["AppointmentAnswerIn"];
const ANSWERS = ["accepted", "declined", "tentative"] as const;
const SAYERS = ["patient", "caregiver", "staff"] as const;
const AHEAD: Appointment["status"][] = ["booked", "pending", "proposed", "waitlist"];

interface Props {
  visit: Appointment;
  reread: () => Promise<void>;
}

export function OfVisit({ visit, reread }: Props) {
  const open = AHEAD.includes(visit.status);
  return (
    <div class="part not-printed">
      {visit.may_move ? <Seat visit={visit} reread={reread} /> : null}
      {open && visit.starts_at !== null ? (
        <>
          <Said visit={visit} reread={reread} />
          <Join
            title={t("wait.earlier")}
            patient={visit.patient_id}
            practice={visit.practice_id}
            visit={visit}
            reread={reread}
          />
          <Video visit={visit} />
        </>
      ) : null}
      {visit.starts_at === null ? null : (
        <p>
          <a class="button small" href={`/v1/appointments/${visit.id}.ics`} download>
            {t("calendar.file")}
          </a>
        </p>
      )}
    </div>
  );
}

function Seat({ visit, reread }: Props) {
  const times = useTimes(visit.practice_id, visit.schedule_id);
  const lacks = useSignal(false);
  const acting = useActing(async () => {
    await Promise.all([times.read(), reread()]);
  });
  const save = async (): Promise<boolean> => {
    const slot = times.chosen.value;
    lacks.value = slot === null;
    if (slot === null) return false;
    const done = await acting.act(
      () =>
        call("patch", "/v1/appointments/{appointment_id}", {
          path: { appointment_id: visit.id },
          body: { slot_id: slot, note: null },
          version: visit.version,
        }),
      t("visit.moved"),
    );
    if (done === undefined) return false;
    await Promise.all([times.read(), reread()]);
    return true;
  };
  return (
    <Fold
      title={t("slot.move")}
      act={t("slot.move.do")}
      acting={acting}
      lacks={lacks.value ? t("slot.lacks") : null}
      save={save}
    >
      <Choosing of={times} />
    </Fold>
  );
}

function Said({ visit, reread }: Props) {
  const answer = useSignal<Answered["answer"] | null>(null);
  const by = useSignal<(typeof SAYERS)[number]>("patient");
  const lacks = useSignal(false);
  const acting = useActing(reread);
  const save = async (): Promise<boolean> => {
    lacks.value = answer.value === null;
    if (answer.value === null) return false;
    const body = { answer: answer.value, by: by.value };
    const done = await acting.act(
      () =>
        call("post", "/v1/appointments/{appointment_id}/respond", {
          path: { appointment_id: visit.id },
          body,
          key: keyOf(`respond ${visit.id} ${visit.version} ${JSON.stringify(body)}`),
          version: visit.version,
        }),
      t("respond.saved"),
    );
    if (done === undefined) return false;
    await reread();
    return true;
  };
  return (
    <Fold
      title={t("respond.title")}
      act={t("consent.save")}
      acting={acting}
      lacks={lacks.value ? t("respond.lacks") : null}
      save={save}
    >
      <Choice
        legend={t("respond.what")}
        of={ANSWERS}
        value={answer}
        say={(one) => t(`visit.answer.${one}`)}
      />
      <p class="soft small">{t("respond.hint")}</p>
      <Select
        label={t("respond.by")}
        of={SAYERS}
        value={by}
        say={(one) => t(`respond.by.${one}`)}
      />
    </Fold>
  );
}

function Video({ visit }: { visit: Appointment }) {
  const url = useSignal("");
  const made = useSignal<string | null | undefined>(undefined);
  const lacks = useSignal(false);
  const acting = useActing();
  const put = async (to: string | null): Promise<boolean> => {
    const done = await acting.act(
      () =>
        call("post", "/v1/appointments/{appointment_id}/telehealth", {
          path: { appointment_id: visit.id },
          body: { url: to },
          key: crypto.randomUUID(),
        }),
      t(to === null ? "video.offed" : "consent.saved"),
    );
    if (done === undefined) return false;
    made.value = done.link;
    url.value = "";
    return true;
  };
  const save = async (): Promise<boolean> => {
    const said = url.value.trim();
    lacks.value = said === "";
    return said !== "" && put(said);
  };
  return (
    <>
      <Fold
        title={t("video.title")}
        act={t("video.do")}
        acting={acting}
        lacks={lacks.value ? t("video.lacks") : null}
        save={save}
      >
        <Field label={t("video.url")} value={url} most={500} hint={t("video.hint")} needed />
        <button
          type="button"
          class="button quiet small"
          aria-disabled={acting.busy.value}
          onClick={() => void put(null)}
        >
          {t("video.off")}
        </button>
      </Fold>
      {made.value === undefined ? null : made.value === null ? (
        <p class="small">{t("video.offed")}</p>
      ) : (
        <Secret key={made.value} label={t("video.label")} value={made.value} />
      )}
    </>
  );
}
