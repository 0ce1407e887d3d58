// What a person has of free times: a visit booked into one, what they wait for, which times suit
// them, and the secret address of their calendar.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { call, type Patient } from "../../api/call";
import { t } from "../../shared/words";
import { Refused, useActing } from "../acting";
import { attempt, keyOf } from "../desk";
import { Field } from "../fields";
import { Fold } from "../fold";
import { loadPerson } from "../person/state";
import { stirred } from "../place";
import { Check } from "./check";
import { Secret } from "./secret";
import { schedules, type Waiting } from "./state";
import { Choosing, useTimes } from "./times";
import { Join, Waits } from "./waiting";

export function OfPerson({ who }: { who: Patient }) {
  const waits = useSignal<Waiting[] | undefined>(undefined);
  const read = async (): Promise<void> => {
    const page = await attempt(() =>
      call("get", "/v1/waiting", { query: { patient: who.id, limit: 50 } }),
    );
    if (page !== undefined) waits.value = page.items.filter((one) => one.status === "waiting");
  };
  useEffect(() => void read(), [who.id, stirred.value]);
  const nameOf = (one: Waiting): string =>
    schedules.value?.find((each) => each.id === one.schedule_id)?.name ?? "";
  return (
    <div class="part">
      <BookInto who={who} />
      <h3>{t("wait.title")}</h3>
      {waits.value?.length === 0 ? <p class="soft">{t("wait.none")}</p> : null}
      <Waits of={waits.value ?? []} say={nameOf} reread={read} />
      <Join
        title={t("wait.join")}
        patient={who.id}
        practice={who.practice_id}
        visit={null}
        reread={read}
      />
      <Wishes who={who} />
      <Calendar who={who} />
    </div>
  );
}

function BookInto({ who }: { who: Patient }) {
  const times = useTimes(who.practice_id);
  const what = useSignal("");
  const lacks = useSignal(false);
  const acting = useActing(times.read);
  const save = async (): Promise<boolean> => {
    const slot = times.chosen.value;
    lacks.value = slot === null;
    if (slot === null) return false;
    const body = {
      patient_id: who.id,
      slot_id: slot,
      status: "booked" as const,
      what: what.value.trim(),
    };
    const made = await acting.act(
      () =>
        call("post", "/v1/appointments", {
          body,
          key: keyOf(`book ${times.version()} ${JSON.stringify(body)}`),
        }),
      t("visit.booked"),
    );
    if (made === undefined) return false;
    what.value = "";
    await Promise.all([times.read(), loadPerson()]);
    return true;
  };
  return (
    <Fold
      title={t("slot.book")}
      act={t("slot.book.do")}
      acting={acting}
      lacks={lacks.value ? t("slot.lacks") : null}
      save={save}
    >
      <Choosing of={times} />
      <Field label={t("visit.what")} value={what} most={120} hint={t("visit.what.hint")} />
    </Fold>
  );
}

const WISHES = ["early", "late", "weekend", "carer"] as const;

function Wishes({ who }: { who: Patient }) {
  const wish = {
    early: useSignal(false),
    late: useSignal(false),
    weekend: useSignal(false),
    carer: useSignal(false),
  };
  const version = useSignal<number | undefined>(undefined);
  const path = { patient_id: who.id };
  const read = async (): Promise<void> => {
    const found = await attempt(() => call("get", "/v1/patients/{patient_id}/visit-wish", { path }));
    if (found === undefined) return;
    for (const one of WISHES) wish[one].value = found[one];
    version.value = found.version;
  };
  const acting = useActing(read);
  useEffect(() => void read(), [who.id]);
  const save = async (): Promise<boolean> => {
    const body = {
      early: wish.early.value,
      late: wish.late.value,
      weekend: wish.weekend.value,
      carer: wish.carer.value,
    };
    const asked = { path, body, ...(version.value === undefined ? {} : { version: version.value }) };
    const done = await acting.act(
      () => call("put", "/v1/patients/{patient_id}/visit-wish", asked),
      t("consent.saved"),
    );
    if (done !== undefined) version.value = done.version;
    return done !== undefined;
  };
  return (
    <Fold title={t("wish.title")} act={t("consent.save")} acting={acting} save={save}>
      <p class="soft small">{t("wish.lead")}</p>
      <fieldset>
        <legend class="unseen">{t("wish.legend")}</legend>
        {WISHES.map((one) => (
          <Check key={one} label={t(`wish.${one}`)} value={wish[one]} />
        ))}
      </fieldset>
    </Fold>
  );
}

function Calendar({ who }: { who: Patient }) {
  const made = useSignal<string | null | undefined>(undefined);
  const acting = useActing();
  const path = { patient_id: who.id };
  const make = async (): Promise<void> => {
    const done = await acting.act(() =>
      call("post", "/v1/patients/{patient_id}/calendar", { path, key: crypto.randomUUID() }),
    );
    if (done !== undefined) made.value = done.address;
  };
  const revoke = async (): Promise<void> => {
    const done = await acting.act(async () => {
      await call("delete", "/v1/patients/{patient_id}/calendar", { path });
      return true;
    }, t("calendar.revoked"));
    if (done !== undefined) made.value = null;
  };
  return (
    <details>
      <summary>{t("calendar.title")}</summary>
      <div class="ask">
        <p class="soft small">
          {t("calendar.lead")} {t("calendar.again")}
        </p>
        <div class="row">
          <button
            type="button"
            class="button"
            aria-disabled={acting.busy.value}
            onClick={() => void make()}
          >
            {t("calendar.make")}
          </button>
          <button
            type="button"
            class="button quiet"
            aria-disabled={acting.busy.value}
            onClick={() => void revoke()}
          >
            {t("calendar.revoke")}
          </button>
        </div>
        {made.value === undefined ? null : made.value === null ? (
          <p class="small">{t("calendar.revoked")}</p>
        ) : (
          <Secret key={made.value} label={t("calendar.label")} value={made.value} />
        )}
        <Refused of={acting} />
      </div>
    </details>
  );
}
