// When a practice reminds of visits: read by everybody, written by who administers it.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { call, type Schema } from "../../api/call";
import { span } from "../../shared/time";
import { t } from "../../shared/words";
import { useActing } from "../acting";
import { attempt, me } from "../desk";
import { Field } from "../fields";
import { Fold } from "../fold";
import { practiceName } from "./state";

type Rule = Schema["RemindersOut"];

const HOUR = 60;
const whole = (said: string): number | null => (/^\d{1,3}$/.test(said.trim()) ? Number(said) : null);

export function Reminders({ practice }: { practice: string }) {
  const rule = useSignal<Rule | undefined>(undefined);
  const path = { practice_id: practice };
  const read = async (): Promise<void> => {
    const found = await attempt(() => call("get", "/v1/practices/{practice_id}/reminders", { path }));
    if (found !== undefined) rule.value = found;
  };
  useEffect(() => void read(), [practice]);
  const runs = me.value?.memberships?.some(
    (one) => one.practice_id === practice && one.role === "practice_admin",
  );
  const one = rule.value;
  return (
    <section class="plan" aria-label={t("remind.practice", { practice: practiceName(practice) })}>
      <h4>{practiceName(practice)}</h4>
      {one === undefined ? (
        <p class="soft">{t("loading")}</p>
      ) : (
        <>
          <p>
            {one.hours_before.length === 0
              ? t("remind.none")
              : t("remind.says", {
                  spans: one.hours_before.map((hours) => span(hours * HOUR)).join(", "),
                })}
          </p>
          <p class="small">
            {one.prepare_hours === 0
              ? null
              : t("remind.prepares", { span: span(one.prepare_hours * HOUR) })}{" "}
            {one.offer_to === 0 ? null : t("remind.offers", { n: one.offer_to })}
          </p>
          {runs === true ? <Change key={one.version} of={one} read={read} /> : null}
        </>
      )}
    </section>
  );
}

function Change({ of, read }: { of: Rule; read: () => Promise<void> }) {
  const hours = useSignal(of.hours_before.join(", "));
  const prepare = useSignal(String(of.prepare_hours));
  const offer = useSignal(String(of.offer_to));
  const lacks = useSignal(false);
  const acting = useActing(read);
  const save = async (): Promise<boolean> => {
    const said = hours.value.split(",").filter((one) => one.trim() !== "").map(whole);
    const [early, many] = [whole(prepare.value), whole(offer.value)];
    lacks.value = said.includes(null) || early === null || many === null;
    if (lacks.value || early === null || many === null) return false;
    const body = {
      hours_before: said.filter((one) => one !== null),
      prepare_hours: early,
      offer_to: many,
    };
    const done = await acting.act(
      () =>
        call("put", "/v1/practices/{practice_id}/reminders", {
          path: { practice_id: of.practice_id },
          body,
          version: of.version,
        }),
      t("remind.saved"),
    );
    if (done === undefined) return false;
    await read();
    return true;
  };
  return (
    <Fold
      title={t("remind.change")}
      act={t("remind.do")}
      acting={acting}
      lacks={lacks.value ? t("remind.lacks") : null}
      save={save}
    >
      <Field label={t("remind.hours")} value={hours} most={30} hint={t("remind.hours.hint")} />
      <div class="pair">
        <Field
          label={t("remind.prepare")}
          value={prepare}
          inputMode="numeric"
          most={3}
          hint={t("remind.prepare.hint")}
          needed
        />
        <Field
          label={t("remind.offer")}
          value={offer}
          inputMode="numeric"
          most={3}
          hint={t("remind.offer.hint")}
          needed
        />
      </div>
    </Fold>
  );
}
