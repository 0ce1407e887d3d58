// Stays in hospital with the call that each asks for, the calls that were made, and a way to write
// down a discharge that no hospital told us of.
import { useSignal } from "@preact/signals";

import { call, type Stay } from "../../api/call";
import { Moment } from "../../shared/moment";
import { moment, onWall } from "../../shared/wall";
import { named, t } from "../../shared/words";
import { useActing } from "../acting";
import { keyOf, loadQueue } from "../desk";
import { Field } from "../fields";
import { Fold } from "../fold";
import { Link } from "../link";
import { loadPerson, ours, person, stays, tried } from "./state";

export function Hospital() {
  const all = stays.value;
  if (all === undefined) return <p class="soft">{t("loading")}</p>;
  return (
    <>
      {all.length === 0 ? <p class="soft">{t("stay.none")}</p> : null}
      <ul class="stays">
        {all.map((one) => (
          <OneStay key={one.id} stay={one} />
        ))}
      </ul>
      <Discharge />
      {tried.value.length === 0 ? null : (
        <details open={tried.value.length < 4}>
          <summary>{t("tried.title", { n: tried.value.length })}</summary>
          <ol class="ledger">
            {tried.value.map((one) => (
              <li key={one.id}>
                <p>
                  <strong>{named("calling", one.outcome)}</strong>
                  {one.channel === "phone" ? "" : ` · ${named("calling.by", one.channel)}`}
                  {one.direction === "in" ? ` · ${t("tried.in")}` : ""}
                </p>
                {one.minutes === null ? null : (
                  <p class="small">{t("visit.minutes", { n: one.minutes })}</p>
                )}
                {one.note === null ? null : <blockquote>{one.note}</blockquote>}
                <p class="soft small">
                  <Moment at={one.at} zone={ours.value} />
                  {one.staff_name === null ? "" : ` · ${one.staff_name}`}
                </p>
              </li>
            ))}
          </ol>
        </details>
      )}
    </>
  );
}

function OneStay({ stay }: { stay: Stay }) {
  const at = stay.discharged_at ?? stay.admitted_at;
  return (
    <li>
      <p>
        <strong>{named("stay.status", stay.status)}</strong> · {stay.facility}
        {at === null ? null : (
          <>
            {" · "}
            <Moment at={at} zone={ours.value} />
          </>
        )}
      </p>
      {stay.call === null ? null : (
        <p class="small">
          <Link to={{ at: "item", id: stay.call.item_id }}>{t("stay.call")}</Link>{" "}
          {stay.call.closed_at === null ? (
            <>
              {t("stay.call.due")} <Moment at={stay.call.due_at} zone={ours.value} />
            </>
          ) : (
            <>
              {stay.call.outcome === null ? "" : named("outcome", stay.call.outcome)}{" "}
              <Moment at={stay.call.closed_at} zone={ours.value} />
            </>
          )}
        </p>
      )}
    </li>
  );
}

function Discharge() {
  const facility = useSignal("");
  const number = useSignal("");
  const at = useSignal(onWall(Date.now(), ours.value));
  const lacks = useSignal(false);
  const acting = useActing();
  const who = person.value;
  if (who === undefined) return null;

  const save = async (): Promise<boolean> => {
    const since = moment(at.value, ours.value);
    const [where, visit] = [facility.value.trim(), number.value.trim()];
    lacks.value = where === "" || visit === "" || since === null;
    if (lacks.value || since === null) return false;
    const body = { facility: where, external_id: visit, discharged_at: since };
    const made = await acting.act(
      () =>
        call("post", "/v1/patients/{patient_id}/discharges", {
          path: { patient_id: who.id },
          body: { ...body, admitted_at: null, status: "discharged" },
          key: keyOf(`discharge ${who.id} ${JSON.stringify(body)}`),
        }),
      t("stay.saved"),
    );
    if (made === undefined) return false;
    facility.value = "";
    number.value = "";
    await Promise.all([loadPerson(), loadQueue()]);
    return true;
  };

  return (
    <Fold
      title={t("stay.record")}
      act={t("consent.save")}
      acting={acting}
      lacks={lacks.value ? t("stay.lacks") : null}
      save={save}
    >
        <p class="soft small">{t("stay.record.what")}</p>
        <Field label={t("stay.facility")} value={facility} most={80} needed />
        <Field label={t("stay.number")} value={number} most={80} hint={t("stay.number.hint")} needed />
        <Field label={t("stay.at")} type="datetime-local" value={at} needed />
    </Fold>
  );
}
