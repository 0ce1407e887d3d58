// Sharing, by the person themselves: who may what, changed by a tap, ended by a tap; and who saw what.
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { call, type Schema } from "../api/call";
import type { Category, Verb } from "./kinds";
import { levelOf, type Level } from "./more";
import { attempt, Head, To } from "./parts";
import { people, tell } from "./state";
import { brief } from "./time";
import { named, t } from "./words";
import { whenLeft } from "./leaving";

type Sharing = Schema["SharedWithOut"];
type Seen = Schema["SeenOut"];
type May = Schema["MayIn"];

/** What can be chosen of each category: reading is of all of them, the rest where it means something. */
export const LEVELS: readonly { category: Category; levels: readonly Level[] }[] = [
  { category: "visits", levels: ["none", "see", "answer", "all"] },
  { category: "check-ins", levels: ["none", "see", "answer"] },
  { category: "rides", levels: ["none", "see", "act"] },
  { category: "needs", levels: ["none", "see", "act"] },
  { category: "messages", levels: ["none", "see", "act"] },
  { category: "documents", levels: ["none", "see"] },
];
const VERBS: Record<Level, Verb[]> = {
  none: [],
  see: ["see"],
  answer: ["see", "answer"],
  act: ["see", "act"],
  all: ["see", "answer", "act"],
};
export const verbsOf = (level: Level): Verb[] => VERBS[level];

const shared = signal<readonly Sharing[] | null>(null);
const seen = signal<readonly Seen[]>([]);
whenLeft(() => {
  shared.value = null;
  seen.value = [];
});

const mine = () => people.value.find((one) => one.self);

async function load(): Promise<void> {
  const patient = mine()?.patient_id;
  if (patient === undefined) return;
  await attempt(async () => {
    const path = { patient_id: patient };
    shared.value = (await call("get", "/v1/family/{patient_id}/sharing", { path })).items;
    seen.value = (await call("get", "/v1/me/seen", { query: { limit: 30 } })).items;
  });
}

async function put(one: Sharing, may: May[], told: string): Promise<void> {
  const patient = mine()?.patient_id ?? "";
  const good = await attempt(async () => {
    const path = { patient_id: patient, caregiver_id: one.caregiver_id };
    const after = await call("put", "/v1/family/{patient_id}/sharing/{caregiver_id}", { path, body: { may } });
    shared.value = (shared.value ?? []).map((other) => (other.caregiver_id === one.caregiver_id ? after : other));
  });
  if (good) tell("good", told);
  // What was chosen and not changed is not shown as if it were.
  else shared.value = (shared.value ?? []).map((other) => ({ ...other }));
}

function change(one: Sharing, category: Category, level: Level): void {
  const others = one.grants
    .filter((grant) => grant.category !== category)
    .map(({ category: its, verbs, sensitive, until_at }) => ({ category: its, verbs, sensitive, until_at }));
  const before = one.grants.find((grant) => grant.category === category);
  const now: May[] =
    level === "none" ? [] : [{ category, verbs: verbsOf(level), sensitive: before?.sensitive ?? [], until_at: null }];
  void put(one, [...others, ...now], t("sharing.changed", { name: one.given_name }));
}

async function stop(): Promise<void> {
  const path = { patient_id: mine()?.patient_id ?? "" };
  if (await attempt(() => call("delete", "/v1/family/{patient_id}/sharing", { path }))) {
    tell("good", t("sharing.stopped-all"));
    await load();
  }
}

export function SharingPage() {
  const self = mine();
  useEffect(() => void load(), [self?.patient_id]);
  if (self === undefined) return <Head title={t("sharing.title")} from="more" />;
  const held = shared.value ?? [];
  return (
    <>
      <Head title={t("sharing.title")} from="more" lead={t("sharing.lead")} />
      {shared.value === null ? <p class="soft">{t("loading")}</p> : null}
      {shared.value !== null && held.length === 0 ? <p class="empty soft">{t("sharing.none")}</p> : null}
      {held.map((one) => (
        <With key={one.caregiver_id} one={one} />
      ))}
      <To place="invite" class="button first wide">
        {t("invite.title")}
      </To>
      {held.some((one) => one.grants.length > 0) ? (
        <>
          <button type="button" class="button wide" onClick={() => void stop()}>
            {t("sharing.stop-all")}
          </button>
          <p class="soft small">{t("sharing.text-hint")}</p>
        </>
      ) : null}
      <section class="group">
        <h2>{t("seen.title")}</h2>
        {seen.value.length === 0 ? <p class="soft">{t("seen.none")}</p> : null}
        <ul class="list">
          {seen.value.map((one, place) => (
            <li key={place}>
              {t("seen.one", {
                name: one.given_name ?? t("seen.somebody"),
                what: named("seen-what", one.what),
                at: brief(one.at, self.zone),
              })}
            </li>
          ))}
        </ul>
      </section>
    </>
  );
}

function With({ one }: { one: Sharing }) {
  const level = (category: Category): Level =>
    levelOf(one.grants.find((grant) => grant.category === category)?.verbs ?? []);
  return (
    <section class="card stack" aria-label={one.given_name}>
      <h2>
        {one.given_name} <span class="soft small">{one.relationship}</span>
      </h2>
      <div class="levels">
        {LEVELS.map(({ category, levels }) => (
          <label key={category}>
            <span>{named("category", category)}</span>
            <select
              value={level(category)}
              onChange={(event) => change(one, category, event.currentTarget.value as Level)}
            >
              {[...new Set([...levels, level(category)])].map((choice) => (
                <option key={choice} value={choice}>
                  {named("level", choice)}
                </option>
              ))}
            </select>
          </label>
        ))}
      </div>
      {one.grants.length === 0 ? (
        <p class="soft small">{t("sharing.nothing")}</p>
      ) : (
        <button
          type="button"
          class="button"
          onClick={() => void put(one, [], t("sharing.stopped", { name: one.given_name }))}
        >
          {t("sharing.stop", { name: one.given_name })}
        </button>
      )}
    </section>
  );
}
