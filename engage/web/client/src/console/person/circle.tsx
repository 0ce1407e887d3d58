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
const WHAT = ["visits", "rides", "check-ins", "answering", "needs", "messages", "documents"] as const;
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

type What = (typeof WHAT)[number];

/** What is said of a grant: to answer check-ins is more than to see them, and is named apart. */
const whatOf = (grant: Caregiver["grants"][number]): string =>
  grant.category === "check-ins" && grant.verbs.includes("answer") ? "answering" : grant.category;

function One({ who }: { who: Caregiver }) {
  const acting = useActing(loadPerson);
  const asking = useSignal(false);
  const what = useSignal<What>("visits");
  const how = useSignal<(typeof HOW)[number] | null>(null);
  const lacks = useSignal(false);
  const first = useRef<HTMLInputElement | null>(null);
  const head = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (asking.value) first.current?.focus();
  }, [asking.value]);
  const name = `${who.given_name} ${who.family_name}`;
  const held = who.grants.map(whatOf);
  const left = WHAT.filter((one) => !held.includes(one));

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
    const chosen = left.includes(what.value) ? what.value : (left[0] ?? "visits");
    const answers = chosen === "answering";
    const body = {
      caregiver_id: who.id,
      category: answers ? ("check-ins" as const) : chosen,
      how: said,
      ...(answers ? { verbs: ["see" as const, "answer" as const] } : {}),
    };
    const path = { patient_id: who.patient_id };
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
      {who.grants.length === 0 ? <p>{t("circle.untold")}</p> : null}
      <ul>
        {who.grants.map((grant) => (
          <li key={grant.id}>
            {named("circle.may", whatOf(grant))}{" "}
            <span class="soft small">
              {named("circle.how", grant.how)}, {t("circle.since")}{" "}
              <Moment at={grant.granted_at} zone={ours.value} />
            </span>{" "}
            <button
              type="button"
              class="button small"
              aria-disabled={acting.busy.value}
              onClick={() => void end(grant.id)}
            >
              {t("circle.end")}
              <span class="unseen">
                : {named("circle.may", whatOf(grant))} {name}
              </span>
            </button>
          </li>
        ))}
      </ul>
      {left.length === 0 ? null : (
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
      )}
      {asking.value ? (
        <form
          class="ask inset"
          onSubmit={(event) => {
            event.preventDefault();
            void allow();
          }}
        >
          <Select
            label={t("circle.what")}
            of={left}
            value={what}
            say={(one) => named("circle.may", one)}
          />
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
