// Who sees people and where: the schedules, their times by the week, who waits for them; and when a
// practice reminds of visits.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { call } from "../../api/call";
import { place as placeName } from "../../shared/time";
import { t } from "../../shared/words";
import { Refused, useActing } from "../acting";
import { attempt, keyOf } from "../desk";
import { Area, Field, Missing, Select } from "../fields";
import { Fold } from "../fold";
import { Link } from "../link";
import { places } from "../person/state";
import { AddTimes } from "./addtimes";
import { Check } from "./check";
import { Reminders } from "./reminders";
import {
  loadPlaces,
  loadSchedules,
  practiceName,
  practices,
  schedules,
  whole,
  type Schedule,
  type Waiting,
} from "./state";
import { Week } from "./week";
import { Waits } from "./waiting";

export function Schedules() {
  useEffect(() => {
    void loadPlaces();
    void loadSchedules();
  }, []);
  const all = schedules.value;
  return (
    <main class="page narrow" id="main">
      <h2 id="place" tabIndex={-1}>
        {t("sched.title")}
      </h2>
      <p class="soft">{t("sched.lead")}</p>
      <p>
        <Link to={{ at: "visits", day: "" }}>{t("sched.back")}</Link>
      </p>
      {all === undefined ? <p class="soft">{t("loading")}</p> : null}
      {all?.length === 0 ? <p>{t("sched.none")}</p> : null}
      <ul class="plans">
        {all?.map((one) => (
          <One key={one.id} of={one} />
        ))}
      </ul>
      <Add />
      <h3>{t("remind.title")}</h3>
      {practices().map((one) => (
        <Reminders key={one} practice={one} />
      ))}
    </main>
  );
}

type Doing = "change" | "times" | "waits" | null;

function One({ of }: { of: Schedule }) {
  const doing = useSignal<Doing>(null);
  const site = places.value.find((one) => one.id === of.place_id);
  const acts = [
    ["times", "sched.times"],
    ["waits", "wait.title"],
    ["change", "sched.change"],
  ] as const;
  return (
    <li class="plan" data-over={!of.active} aria-labelledby={`schedule-${of.id}`}>
      <h3 id={`schedule-${of.id}`}>{of.name}</h3>
      <p class="small">
        {[site?.name, placeName(of.zone), of.active ? null : t("sched.off")]
          .filter(Boolean)
          .join(" · ")}
      </p>
      {of.prepare_en === "" ? null : (
        <p class="soft small" lang="en">
          {of.prepare_en}
        </p>
      )}
      {of.prepare_es === "" ? null : (
        <p class="soft small" lang="es">
          {of.prepare_es}
        </p>
      )}
      <div class="row">
        {acts.map(([what, word]) => (
          <button
            key={what}
            type="button"
            class="button small"
            aria-expanded={doing.value === what}
            onClick={() => {
              doing.value = doing.value === what ? null : what;
            }}
          >
            {t(word)}
            <span class="unseen">: {of.name}</span>
          </button>
        ))}
      </div>
      {doing.value === "times" ? <Week of={of} add={(read) => <AddTimes of={of} read={read} />} /> : null}
      {doing.value === "waits" ? <WhoWaits of={of} /> : null}
      {doing.value === "change" ? (
        <Change
          of={of}
          onDone={() => {
            doing.value = null;
          }}
        />
      ) : null}
    </li>
  );
}

function WhoWaits({ of }: { of: Schedule }) {
  const waits = useSignal<Waiting[] | undefined>(undefined);
  const read = async (): Promise<void> => {
    const found = await attempt(() =>
      whole((more) =>
        call("get", "/v1/waiting", { query: { schedule: of.id, limit: 100, ...more } }),
      ),
    );
    waits.value = found?.filter((one) => one.status === "waiting") ?? waits.value;
  };
  useEffect(() => void read(), []);
  return (
    <>
      {waits.value === undefined ? <p class="soft">{t("loading")}</p> : null}
      {waits.value?.length === 0 ? <p>{t("wait.list.none")}</p> : null}
      <Waits
        of={waits.value ?? []}
        say={(one) => `${one.given_name} ${one.family_name}`}
        reread={read}
      />
    </>
  );
}

function useFields(of: Schedule | null) {
  return {
    name: useSignal(of?.name ?? ""),
    en: useSignal(of?.prepare_en ?? ""),
    es: useSignal(of?.prepare_es ?? ""),
  };
}

function Form({ of }: { of: ReturnType<typeof useFields> }) {
  return (
    <>
      <Field label={t("sched.name")} value={of.name} most={120} hint={t("sched.name.hint")} needed />
      <Area
        label={t("sched.prepare.en")}
        value={of.en}
        most={300}
        hint={t("sched.prepare.hint")}
      />
      <Area label={t("sched.prepare.es")} value={of.es} most={300} />
    </>
  );
}

function Change({ of, onDone }: { of: Schedule; onDone: () => void }) {
  const fields = useFields(of);
  const active = useSignal(of.active);
  const lacks = useSignal(false);
  const acting = useActing(loadSchedules);
  const save = async (): Promise<void> => {
    const name = fields.name.value.trim();
    lacks.value = name === "";
    if (lacks.value) return;
    const body = {
      name,
      prepare_en: fields.en.value.trim(),
      prepare_es: fields.es.value.trim(),
      active: active.value,
    };
    const done = await acting.act(
      () =>
        call("patch", "/v1/schedules/{schedule_id}", {
          path: { schedule_id: of.id },
          body,
          version: of.version,
        }),
      t("sched.saved"),
    );
    if (done === undefined) return;
    onDone();
    await loadSchedules();
  };
  return (
    <form
      class="ask inset"
      aria-label={`${t("sched.change")}: ${of.name}`}
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <Form of={fields} />
      <Check label={t("sched.active")} value={active} />
      <Missing id={`lacks-${of.id}`} words={lacks.value ? t("sched.lacks") : null} />
      <Refused of={acting} />
      <button type="submit" class="button first" disabled={acting.busy.value}>
        {t("consent.save")}
      </button>
    </form>
  );
}

function Add() {
  const fields = useFields(null);
  const all = practices();
  const practice = useSignal(all[0] ?? "");
  const where = useSignal("");
  const lacks = useSignal(false);
  const acting = useActing(loadSchedules);
  const sites = places.value.filter((one) => one.practice_id === practice.value);
  const known = sites.some((one) => one.id === where.value);
  useEffect(() => {
    if (!known) where.value = sites[0]?.id ?? "";
  }, [known, sites.length]);
  const save = async (): Promise<boolean> => {
    const name = fields.name.value.trim();
    lacks.value = name === "" || !known;
    if (lacks.value) return false;
    const body = {
      name,
      place_id: where.value,
      prepare_en: fields.en.value.trim(),
      prepare_es: fields.es.value.trim(),
      practice_id: practice.value,
    };
    const key = keyOf(`schedule ${schedules.value?.length ?? 0} ${JSON.stringify(body)}`);
    const made = await acting.act(
      () => call("post", "/v1/schedules", { body, key }),
      t("sched.added"),
    );
    if (made === undefined) return false;
    for (const one of [fields.name, fields.en, fields.es]) one.value = "";
    await loadSchedules();
    return true;
  };
  return (
    <Fold
      title={t("sched.add")}
      act={t("sched.add.do")}
      acting={acting}
      lacks={lacks.value ? t("sched.lacks") : null}
      save={save}
    >
      {all.length < 2 ? null : (
        <Select label={t("day.practice")} of={all} value={practice} say={practiceName} />
      )}
      {sites.length === 0 ? (
        <p>
          <Link to={{ at: "places" }}>{t("sched.place.first")}</Link>
        </p>
      ) : (
        <Select
          label={t("sched.place")}
          of={sites.map((one) => one.id)}
          value={where}
          say={(id) => sites.find((one) => one.id === id)?.name ?? ""}
        />
      )}
      <Form of={fields} />
    </Fold>
  );
}
