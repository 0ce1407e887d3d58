// Begin a check-in plan: which questions, how often, from when, and this person's own thresholds.
import { useSignal } from "@preact/signals";
import { useId } from "preact/hooks";

import { call } from "../../api/call";
import { named, t } from "../../shared/words";
import { useActing } from "../acting";
import { keyOf } from "../desk";
import { Field, Select } from "../fields";
import { Fold } from "../fold";
import { HOURS, hourOf, RHYTHMS, ruleOf, type Rhythm } from "./rhythm";
import { limitName, scripts, scriptTitle } from "./scripts";
import { caregivers, loadPerson, person, plans } from "./state";

const THEMSELVES = "";
const ANCHORS = ["enrolment", "discharge"] as const;

/** "Sofia Delgado, daughter" */
export function nameOfCaregiver(id: string): string | undefined {
  const one = caregivers.value.find((each) => each.id === id);
  return one && `${one.given_name} ${one.family_name}, ${one.relationship}`;
}

export function Begin() {
  const id = useId();
  const script = useSignal("");
  const rhythm = useSignal<Rhythm>("third");
  const hour = useSignal<(typeof HOURS)[number]>("10");
  const times = useSignal("");
  const anchor = useSignal<(typeof ANCHORS)[number]>("enrolment");
  const answerer = useSignal(THEMSELVES);
  const limits = useSignal<Record<string, string>>({});
  const missing = useSignal<string | null>(null);
  const acting = useActing();
  const known = scripts.value;
  const who = person.value;
  if (known === undefined || who === undefined) return null;
  const chosen = known.find((one) => one.id === script.value) ?? known[0];
  if (chosen === undefined) return null;
  const able = caregivers.value.filter((one) => one.phone !== null);

  const begin = async (): Promise<boolean> => {
    const lacks = chosen.thresholds.find(
      (one) => one.required && (limits.value[one.name] ?? "").trim() === "",
    );
    missing.value = lacks === undefined ? null : t("begin.lacks", { limit: limitName(lacks.name) });
    if (lacks !== undefined) return false;
    const thresholds: Record<string, number> = {};
    for (const one of chosen.thresholds) {
      const said = (limits.value[one.name] ?? "").trim().replace(",", ".");
      if (said !== "") thresholds[one.name] = Number(said);
    }
    if (Object.values(thresholds).some(Number.isNaN)) {
      missing.value = t("begin.number");
      return false;
    }
    const body = {
      script: chosen.id,
      cadence: ruleOf(rhythm.value, hour.value, times.value),
      anchor: anchor.value,
      thresholds,
      answerer: answerer.value === THEMSELVES ? null : answerer.value,
    };
    const made = await acting.act(
      () =>
        call("post", "/v1/patients/{patient_id}/check-in-plans", {
          path: { patient_id: who.id },
          body: { ...body, start: null, catch_up: "skip" },
          key: keyOf(`begin ${who.id} ${plans.value?.length ?? 0} ${JSON.stringify(body)}`),
        }),
      t("begin.done"),
    );
    if (made === undefined) return false;
    limits.value = {};
    times.value = "";
    answerer.value = THEMSELVES;
    await loadPerson();
    return true;
  };

  return (
    <Fold
      title={t("begin.open")}
      act={t("begin.do")}
      acting={acting}
      lacks={missing.value}
      save={begin}
    >
        <div>
          <label for={`${id}-script`}>{t("begin.script")}</label>
          <select
            id={`${id}-script`}
            value={chosen.id}
            aria-describedby={`${id}-review`}
            onChange={(event) => {
              script.value = event.currentTarget.value;
              missing.value = null;
            }}
          >
            {known.map((one) => (
              <option key={one.id} value={one.id}>
                {scriptTitle(one.id)}
              </option>
            ))}
          </select>
          <p class="soft small" id={`${id}-review`}>
            {t("begin.review")}
            {who.language === "es" && chosen.languages["es"] === "draft"
              ? ` ${t("begin.draft")}`
              : ""}
          </p>
        </div>
        <div class="pair">
          <Select
            label={t("begin.rhythm")}
            of={RHYTHMS}
            value={rhythm}
            say={(one) => t(`rhythm.${one}`)}
          />
          <Select label={t("begin.hour")} of={HOURS} value={hour} say={hourOf} />
          <Field label={t("begin.times")} value={times} inputMode="numeric" most={3} />
          <Select
            label={t("begin.anchor")}
            of={ANCHORS}
            value={anchor}
            say={(one) => named("anchor", one)}
          />
          {able.length === 0 ? null : (
            <Select
              label={t("begin.answerer")}
              of={[THEMSELVES, ...able.map((one) => one.id)]}
              value={answerer}
              say={(one) => nameOfCaregiver(one) ?? who.given_name}
            />
          )}
        </div>
        {chosen.thresholds.length === 0 ? null : (
          <fieldset>
            <legend class="label">{t("begin.limits")}</legend>
            <div class="pair">
              {chosen.thresholds.map((one) => (
                <div key={one.name}>
                  <label for={`${id}-${one.name}`}>
                    {limitName(one.name)} ({one.unit})
                    {one.required ? "" : <span class="soft"> {t("begin.optional")}</span>}
                  </label>
                  <input
                    id={`${id}-${one.name}`}
                    inputMode="decimal"
                    autocomplete="off"
                    value={limits.value[one.name] ?? ""}
                    placeholder={one.default === null ? "" : String(one.default)}
                    aria-required={one.required ? "true" : undefined}
                    onInput={(event) => {
                      limits.value = { ...limits.value, [one.name]: event.currentTarget.value };
                    }}
                  />
                </div>
              ))}
            </div>
          </fieldset>
        )}
    </Fold>
  );
}
