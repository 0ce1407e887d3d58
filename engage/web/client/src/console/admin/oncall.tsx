// Who is told of work that can't wait, and for how long each; and who is on call.
import { useSignal, type Signal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { call, type Schema } from "../../api/call";
import { when } from "../../shared/time";
import { t } from "../../shared/words";
import { Refused, useActing } from "../acting";
import { attempt, keyOf } from "../desk";
import { Field, Select } from "../fields";
import { moment as momentOf } from "../../shared/wall";
import { At, differences, Form, useEditing, type Editing } from "./form";
import { here, nameOf, people, type Held } from "./state";

type Rules = Schema["EscalationOut"];
type Policy = Schema["PolicyIn"];
type Step = Schema["StepIn"];
type Duty = Schema["OnCallOut"];

const WHO: Step["who"][] = ["owner", "cover", "on-call", "supervisors", "everyone"];
const SEVERITIES = ["crisis", "possible"] as const;

export function OnCall({ of }: { of: Held }) {
  const rules = useSignal<Rules | undefined>(undefined);
  const rota = useSignal<Duty[]>([]);
  const path = { practice_id: of.id };
  const read = async (): Promise<void> => {
    const [now, duties] = await Promise.all([
      attempt(() => call("get", "/v1/practices/{practice_id}/escalation", { path })),
      attempt(() => call("get", "/v1/practices/{practice_id}/on-call", { path })),
    ]);
    rota.value = duties?.items ?? [];
    rules.value = now;
  };
  useEffect(() => void read(), []);
  if (rules.value === undefined || people.value.length === 0) return <p class="soft">{t("loading")}</p>;
  return (
    <>
      <Rota of={of} rota={rota} now={rules.value.on_call} read={read} />
      <Steps of={of} read={rules.value} />
    </>
  );
}

interface OfRota {
  of: Held;
  rota: Signal<Duty[]>;
  now: string[];
  read: () => Promise<void>;
}

function Rota({ of, rota, now, read }: OfRota) {
  const editing = useEditing();
  const acting = useActing(read);
  const able = here(of.id).filter((one) => one.active && one.roles.length > 0);
  const who = useSignal(able[0]?.staff.id ?? "");
  const from = useSignal("");
  const until = useSignal("");
  const path = { practice_id: of.id };
  const add = async (): Promise<void> => {
    const begins = momentOf(from.value, of.zone);
    const ends = momentOf(until.value, of.zone);
    if (begins === null || ends === null) {
      editing.refuse([
        { at: begins === null ? "/from_at" : "/until_at", words: t("on-call.lacks") },
      ]);
      return;
    }
    const body = { staff_id: who.value, from_at: begins, until_at: ends };
    const key = keyOf(`on-call ${of.id} ${JSON.stringify(body)}`);
    const made = await editing.save(
      () => call("post", "/v1/practices/{practice_id}/on-call", { path, body, key }),
      t("on-call.added", { name: nameOf(who.value) }),
    );
    if (made === undefined) return;
    from.value = until.value = "";
    await read();
  };
  const remove = async (one: Duty): Promise<void> => {
    const body = { removed: true };
    const at = { practice_id: of.id, duty_id: one.id };
    const gone = await acting.act(
      () =>
        call("patch", "/v1/practices/{practice_id}/on-call/{duty_id}", {
          path: at,
          body,
          version: one.version,
        }),
      t("on-call.removed"),
    );
    if (gone !== undefined) await read();
  };
  return (
    <section aria-labelledby="rota">
      <h3 id="rota">{t("on-call.rota")}</h3>
      <p>
        {now.length === 0 ? t("on-call.nobody") : t("on-call.now", { names: now.map(nameOf).join(", ") })}
      </p>
      <ul class="admin-list">
        {rota.value.map((one) => (
          <li key={one.id}>
            <span>
              {nameOf(one.staff_id)} · {when(one.from_at, of.zone)} – {when(one.until_at, of.zone)}
            </span>
            {of.runs ? (
              <button type="button" class="button quiet small" onClick={() => void remove(one)}>
                {t("hours.remove")}
                <span class="unseen">
                  : {nameOf(one.staff_id)}, {when(one.from_at, of.zone)}
                </span>
              </button>
            ) : null}
          </li>
        ))}
      </ul>
      <Refused of={acting} />
      {of.runs ? (
        <details>
          <summary>{t("on-call.put")}</summary>
          <Form of={editing} label={t("on-call.put")} act={t("on-call.add")} send={() => void add()}>
            <At name="/staff_id" of={editing}>
              <Select
                label={t("on-call.who")}
                of={able.map((one) => one.staff.id)}
                value={who}
                say={nameOf}
              />
            </At>
            <div class="pair">
              <At name="/from_at" of={editing}>
                <Field label={t("on-call.from")} type="datetime-local" value={from} />
              </At>
              <At name="/until_at" of={editing}>
                <Field label={t("on-call.until")} type="datetime-local" value={until} />
              </At>
            </div>
          </Form>
        </details>
      ) : null}
    </section>
  );
}

function Steps({ of, read }: { of: Held; read: Rules }) {
  const editing = useEditing();
  const base = useSignal(read);
  const crisis = useSignal<Policy>(read.crisis);
  const possible = useSignal<Policy>(read.possible);
  const path = { practice_id: of.id };
  const send = async (): Promise<void> => {
    const body = { crisis: crisis.value, possible: possible.value };
    const version = base.value.version;
    const done = await editing.save(
      () => call("put", "/v1/practices/{practice_id}/escalation", { path, body, version }),
      t("form.saved"),
      async () => {
        const now = await attempt(() =>
          call("get", "/v1/practices/{practice_id}/escalation", { path }),
        );
        if (now === undefined) return [];
        const labels = { crisis: t("severity.crisis"), possible: t("severity.possible") };
        const found = differences(base.value, now, labels, (value) => sayOf(value as Policy));
        if (same(crisis.value, base.value.crisis)) crisis.value = now.crisis;
        if (same(possible.value, base.value.possible)) possible.value = now.possible;
        base.value = now;
        return found;
      },
    );
    if (done !== undefined) base.value = done;
  };
  return (
    <section aria-labelledby="rules">
      <h3 id="rules">{t("rules.title")}</h3>
      <p class="soft small">{t("rules.lead")}</p>
      <Form
        of={editing}
        label={t("rules.title")}
        act={t("form.save")}
        looks={!of.runs}
        send={() => void send()}
      >
        {SEVERITIES.map((one) => (
          <OneOf key={one} name={one} policy={one === "crisis" ? crisis : possible} of={editing} />
        ))}
      </Form>
    </section>
  );
}

const same = (one: Policy, other: Policy): boolean =>
  sayOf(one) === sayOf(other) && one.lease_minutes === other.lease_minutes;

const sayOf = (policy: Policy): string =>
  policy.steps.map((one) => `${t(`tell.${one.who}`)} ${one.minutes}`).join(", ");

interface OfPolicy {
  name: (typeof SEVERITIES)[number];
  policy: Signal<Policy>;
  of: Editing;
}

function OneOf({ name, policy, of }: OfPolicy) {
  const { steps, lease_minutes: lease } = policy.value;
  const title = t(`severity.${name}`);
  const set = (now: Step[]): void => {
    policy.value = { ...policy.value, steps: now };
  };
  const change = (place: number, now: Partial<Step>): void => {
    set(steps.map((one, at) => (at === place ? { ...one, ...now } : one)));
  };
  return (
    <At name={`/${name}/steps`} of={of} label={title}>
      <fieldset class="admin-day">
        <legend class="label">{title}</legend>
        <ol class="admin-steps">
          {steps.map((one, place) => (
            <li key={place}>
              <At
                name={`/${name}/steps/${place}`}
                of={of}
                label={t("rules.step", { n: place + 1, severity: title })}
              >
                <div class="row">
                  <label>
                    <span class="unseen">{t("rules.step", { n: place + 1, severity: title })}: </span>
                    {t("rules.who")}
                    <select
                      value={one.who}
                      onChange={(event) => {
                        const who = WHO.find((each) => each === event.currentTarget.value);
                        change(place, { who: who ?? one.who });
                      }}
                    >
                      {WHO.map((each) => (
                        <option key={each} value={each}>
                          {t(`tell.${each}`)}
                        </option>
                      ))}
                    </select>
                  </label>
                  <label class="admin-number">
                    {t("rules.minutes")}
                    <input
                      type="number"
                      min={1}
                      max={1440}
                      value={one.minutes}
                      onInput={(event) => {
                        change(place, { minutes: Number(event.currentTarget.value) || 0 });
                      }}
                    />
                  </label>
                  {steps.length === 1 ? null : (
                    <button
                      type="button"
                      class="button quiet small"
                      onClick={() => {
                        set(steps.filter((_, at) => at !== place));
                      }}
                    >
                      {t("hours.remove")}
                      <span class="unseen">
                        : {t("rules.step", { n: place + 1, severity: title })}
                      </span>
                    </button>
                  )}
                </div>
              </At>
            </li>
          ))}
        </ol>
        {steps.length >= 20 ? null : (
          <button
            type="button"
            class="button quiet small"
            onClick={() => {
              set([...steps, { who: "everyone", minutes: 15 }]);
            }}
          >
            {t("rules.add")}
            <span class="unseen">: {title}</span>
          </button>
        )}
        <p class="soft small">{t("rules.round")}</p>
        <At name={`/${name}/lease_minutes`} of={of} label={t("rules.lease")}>
          <label class="admin-number">
            {t("rules.lease")}
            <input
              type="number"
              min={1}
              max={1440}
              value={lease}
              onInput={(event) => {
                const minutes = Number(event.currentTarget.value) || 0;
                policy.value = { ...policy.value, lease_minutes: minutes };
              }}
            />
          </label>
        </At>
      </fieldset>
    </At>
  );
}
