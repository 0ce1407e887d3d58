// Who cares for them, and what they allowed each to be told. Being family tells nobody anything.
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import { call, type Caregiver } from "../../api/call";
import { Moment } from "../../shared/moment";
import { spaced } from "../../shared/number";
import { named, t } from "../../shared/words";
import { Refused, useActing } from "../acting";
import { keyOf } from "../desk";
import { Choice, Field, Missing, Select } from "../fields";
import { Fold } from "../fold";
import { caregivers, loadPerson, ours, person } from "./state";

const HOW = ["verbal", "written"] as const;
const LANGUAGES = ["en", "es"] as const;

export function Circle() {
  const all = caregivers.value;
  return (
    <>
      {all.length === 0 ? <p class="soft">{t("circle.none")}</p> : null}
      <ul class="plans">
        {all.map((one) => (
          <One key={one.id} who={one} />
        ))}
      </ul>
      <Add />
    </>
  );
}

function One({ who }: { who: Caregiver }) {
  const acting = useActing(loadPerson);
  const asking = useSignal(false);
  const how = useSignal<(typeof HOW)[number] | null>(null);
  const lacks = useSignal(false);
  const first = useRef<HTMLInputElement | null>(null);
  const head = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (asking.value) first.current?.focus();
  }, [asking.value]);
  const name = `${who.given_name} ${who.family_name}`;
  const grant = who.grants.find((one) => one.category === "visits");

  const done = async (made: unknown): Promise<void> => {
    if (made === undefined) return;
    asking.value = false;
    await loadPerson();
    head.current?.focus({ preventScroll: true });
  };
  const allow = async (): Promise<void> => {
    const said = how.value;
    lacks.value = said === null;
    if (said === null) {
      first.current?.focus();
      return;
    }
    const path = { patient_id: who.patient_id };
    const body = { caregiver_id: who.id, category: "visits" as const, how: said };
    const key = crypto.randomUUID();
    await done(
      await acting.act(
        () => call("post", "/v1/patients/{patient_id}/grants", { path, body, key }),
        t("circle.allowed"),
      ),
    );
  };
  const end = async (id: string): Promise<void> => {
    await done(
      await acting.act(
        () =>
          call("post", "/v1/grants/{grant_id}/end", {
            path: { grant_id: id },
            key: keyOf(`end ${id}`),
          }),
        t("circle.ended"),
      ),
    );
  };

  return (
    <li class="plan">
      <h3 ref={head} tabIndex={-1}>
        {name}
      </h3>
      <p class="small">
        {[who.relationship, who.phone === null ? null : spaced(who.phone), named("language", who.language)]
          .filter(Boolean)
          .join(" · ")}
      </p>
      <p>
        {grant === undefined ? (
          t("circle.untold")
        ) : (
          <>
            {t("circle.told")}{" "}
            <span class="soft small">
              {named("circle.how", grant.how)}, {t("circle.since")}{" "}
              <Moment at={grant.granted_at} zone={ours.value} />
            </span>
          </>
        )}
      </p>
      {grant === undefined ? (
        <div class="row">
          <button
            type="button"
            class="button small"
            aria-expanded={asking.value}
            onClick={() => {
              asking.value = !asking.value;
            }}
          >
            {t("circle.allow")}
            <span class="unseen">: {name}</span>
          </button>
        </div>
      ) : (
        <div class="row">
          <button
            type="button"
            class="button small"
            aria-disabled={acting.busy.value}
            onClick={() => void end(grant.id)}
          >
            {t("circle.end")}
            <span class="unseen">: {name}</span>
          </button>
        </div>
      )}
      {asking.value ? (
        <form
          class="ask inset"
          onSubmit={(event) => {
            event.preventDefault();
            void allow();
          }}
        >
          <Choice
            legend={t("circle.how")}
            of={HOW}
            value={how}
            say={(one) => named("circle.how", one)}
            firstRef={(element) => {
              first.current = element;
            }}
          />
          <Missing id={`lacks-${who.id}`} words={lacks.value ? t("circle.how.needed") : null} />
          <button type="submit" class="button first" disabled={acting.busy.value}>
            {t("consent.save")}
          </button>
        </form>
      ) : null}
      <Refused of={acting} />
    </li>
  );
}

function Add() {
  const given = useSignal("");
  const family = useSignal("");
  const relationship = useSignal("");
  const phone = useSignal("");
  const speaks = useSignal<(typeof LANGUAGES)[number]>("en");
  const lacks = useSignal(false);
  const acting = useActing();
  const who = person.value;
  if (who === undefined) return null;

  const save = async (): Promise<boolean> => {
    const body = {
      given_name: given.value.trim(),
      family_name: family.value.trim(),
      relationship: relationship.value.trim(),
      language: speaks.value,
      phone: phone.value.trim() === "" ? null : phone.value.trim(),
    };
    lacks.value = [body.given_name, body.family_name, body.relationship].includes("");
    if (lacks.value) return false;
    const made = await acting.act(
      () =>
        call("post", "/v1/patients/{patient_id}/caregivers", {
          path: { patient_id: who.id },
          body,
          key: keyOf(`caregiver ${who.id} ${JSON.stringify(body)}`),
        }),
      t("circle.added"),
    );
    if (made === undefined) return false;
    for (const one of [given, family, relationship, phone]) one.value = "";
    await loadPerson();
    return true;
  };

  return (
    <Fold
      title={t("circle.add")}
      act={t("circle.add.do")}
      acting={acting}
      lacks={lacks.value ? t("circle.lacks") : null}
      save={save}
    >
      <p class="soft small">{t("circle.add.what")}</p>
      <Field label={t("circle.given")} value={given} most={80} needed />
      <Field label={t("circle.family")} value={family} most={80} needed />
      <Field
        label={t("circle.who")}
        value={relationship}
        most={40}
        hint={t("circle.who.hint")}
        needed
      />
      <Field label={t("circle.phone")} value={phone} most={40} />
      <Select
        label={t("circle.language")}
        of={LANGUAGES}
        value={speaks}
        say={(one) => named("language", one)}
      />
    </Fold>
  );
}
