// Everybody who helps, in and out of the practice, and the one person who answers for it all. Who
// directs the practice's work may name another.
import { effect, signal, useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";

import { call, type Schema } from "../../../api/call";
import { Moment } from "../../../shared/moment";
import { isWord, named, t } from "../../../shared/words";
import { Refused, useActing } from "../../acting";
import { attempt, loadQueue } from "../../desk";
import { Select } from "../../fields";
import { directs, stirred } from "../../place";
import { Answers, nameOf } from "../../why/answers";
import { loadPerson, ours, person } from "../state";

type Context = Schema["ContextOut"];
type Colleague = Schema["ColleagueOut"];

const around = signal<Context | undefined>(undefined);
const NOBODY = "";

async function read(): Promise<void> {
  const whose = person.value?.id;
  if (whose === undefined) return;
  const path = { patient_id: whose };
  const found = await attempt(() => call("get", "/v1/patients/{patient_id}/context", { path }));
  if (found !== undefined && person.value?.id === whose) around.value = found;
}

effect(() => {
  const whose = person.value?.id;
  void stirred.value;
  if (whose !== undefined) queueMicrotask(() => void read());
});

export function CareTeam() {
  const who = person.value;
  const all = around.value?.patient_id === who?.id ? around.value : undefined;
  if (who === undefined || all === undefined) return <p class="soft">{t("loading")}</p>;
  const team = all.care_team;
  return (
    <>
      <p class="accountable">
        <span class="soft small">{t("story.answers")}</span>
        <br />
        <Answers team={team} zone={ours.value} />
      </p>
      {directs(who.practice_id) ? <Change now={who.care_manager?.id ?? NOBODY} /> : null}
      <dl class="facts">
        <Group name={team.practice} of={team.team}>
          {(one) => `${nameOf(one.staff)}, ${roleOf(one.role)}`}
        </Group>
        <Group name={t("around.family")} of={all.caregivers}>
          {(one) => `${nameOf(one)}, ${one.relationship}`}
        </Group>
        <Group name={t("story.hospitals")} of={team.hospitals}>
          {(one) => (
            <>
              {one.facility}
              {": "}
              {one.discharged_at === null ? (
                t("story.in.hospital")
              ) : (
                <>
                  {t("story.left.hospital")} <Moment at={one.discharged_at} zone={ours.value} />
                </>
              )}
            </>
          )}
        </Group>
        <Group name={t("story.organizations")} of={team.organizations}>
          {(one) => (
            <>
              {one.name}
              {": "}
              {named("subject", `need:${one.domain}`)}, {named("story.referral", one.status)}{" "}
              <span class="soft small">
                <Moment at={one.since} zone={ours.value} as="ago" />
              </span>
            </>
          )}
        </Group>
      </dl>
      {team.organizations.length + team.hospitals.length === 0 ? (
        <p class="soft small">{t("story.alone")}</p>
      ) : null}
    </>
  );
}

interface Several<T> {
  name: string;
  of: readonly T[];
  children: (one: T) => ComponentChildren;
}

function Group<T>({ name, of, children }: Several<T>) {
  if (of.length === 0) return null;
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        <ul>
          {of.map((one, place) => (
            <li key={place}>{children(one)}</li>
          ))}
        </ul>
      </dd>
    </div>
  );
}

/** Name another; the one before stays in the history. Open work stays with whoever has it. */
function Change({ now }: { now: string }) {
  const acting = useActing(loadPerson);
  const staff = useSignal<Colleague[]>([]);
  const chosen = useSignal(now);
  const who = person.value;
  useEffect(() => {
    chosen.value = now;
  }, [now]);
  if (who === undefined) return null;
  const here = staff.value.filter((one) => one.practice_id === who.practice_id);
  const bring = async (): Promise<void> => {
    if (staff.value.length > 0) return;
    const found = await acting.act(() => call("get", "/v1/staff"));
    if (found !== undefined) staff.value = found.items;
  };
  const save = async (): Promise<void> => {
    const to = chosen.value === NOBODY ? null : chosen.value;
    const changed = await acting.act(
      () =>
        call("patch", "/v1/patients/{patient_id}", {
          path: { patient_id: who.id },
          body: { care_manager_id: to },
          version: who.version,
        }),
      t("story.changed"),
    );
    if (changed !== undefined) await Promise.all([loadPerson(), read(), loadQueue()]);
  };
  return (
    <details
      onToggle={(event) => {
        if (event.currentTarget.open) void bring();
      }}
    >
      <summary>{t("story.change")}</summary>
      <form
        class="ask"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <Select
          label={t("story.who")}
          of={[NOBODY, ...here.map((one) => one.staff.id)]}
          value={chosen}
          say={(id) => {
            const one = here.find((colleague) => colleague.staff.id === id);
            if (one === undefined) return t("story.nobody");
            const name = nameOf(one.staff);
            return one.present ? name : t("story.absent", { name });
          }}
        />
        <p class="soft small">{t("story.change.what")}</p>
        <Refused of={acting} />
        <button type="submit" class="button first" disabled={acting.busy.value}>
          {t("story.save")}
        </button>
      </form>
    </details>
  );
}

/** A role is the practice's own words; those that we have words for are said in them. */
function roleOf(role: string): string {
  const word = `role.${role.replaceAll(" ", "_")}`;
  return isWord(word) ? t(word) : role;
}
