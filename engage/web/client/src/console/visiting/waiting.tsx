// The waiting list: put somebody on it for some days of a schedule, and take them off.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { call, type Appointment } from "../../api/call";
import { dateOf } from "../../shared/time";
import { onWall } from "../../shared/wall";
import { named, t } from "../../shared/words";
import { Refused, useActing } from "../acting";
import { zoneOf } from "../desk";
import { Field, Select } from "../fields";
import { Fold } from "../fold";
import { daysOn, loadSchedules, schedules, type Waiting } from "./state";

const AHEAD_DAYS = 42;

interface Props {
  title: string;
  patient: string;
  practice: string;
  /** The visit that they have and would like earlier. */
  visit: Appointment | null;
  reread: () => Promise<void>;
}

export function Join({ title, patient, practice, visit, reread }: Props) {
  const today = onWall(Date.now(), zoneOf(practice)).slice(0, 10);
  const mine = schedules.value?.filter((one) => one.active && one.practice_id === practice) ?? [];
  const schedule = useSignal(visit?.schedule_id ?? "");
  const from = useSignal(today);
  const until = useSignal(visit?.day ?? daysOn(today, AHEAD_DAYS));
  const lacks = useSignal(false);
  const acting = useActing(reread);
  useEffect(() => {
    if (schedules.value === undefined) void loadSchedules();
  }, []);
  const known = mine.some((one) => one.id === schedule.value);
  useEffect(() => {
    if (!known) schedule.value = mine[0]?.id ?? "";
  }, [known, mine.length]);
  const save = async (): Promise<boolean> => {
    lacks.value = from.value === "" || until.value === "" || !known;
    if (lacks.value) return false;
    const body = {
      patient_id: patient,
      schedule_id: schedule.value,
      appointment_id: visit?.id ?? null,
      from_day: from.value,
      until_day: until.value,
    };
    const done = await acting.act(
      // Who left and comes again asks the same once more: of twice the second is refused.
      () => call("post", "/v1/waiting", { body, key: crypto.randomUUID() }),
      t("wait.joined"),
    );
    if (done === undefined) return false;
    await reread();
    return true;
  };
  if (mine.length === 0) return null;
  return (
    <Fold
      title={title}
      act={t("wait.join.do")}
      acting={acting}
      lacks={lacks.value ? t("wait.lacks") : null}
      save={save}
    >
      <Select
        label={t("slot.schedule")}
        of={mine.map((one) => one.id)}
        value={schedule}
        say={(id) => mine.find((one) => one.id === id)?.name ?? ""}
      />
      <div class="pair">
        <Field label={t("wait.from")} type="date" value={from} needed />
        <Field label={t("wait.until")} type="date" value={until} needed />
      </div>
    </Fold>
  );
}

/** Who waits, or what somebody waits for. */
export function Waits({ of, say, reread }: {
  of: Waiting[];
  say: (one: Waiting) => string;
  reread: () => Promise<void>;
}) {
  const acting = useActing(reread);
  const leave = async (one: Waiting): Promise<void> => {
    const done = await acting.act(async () => {
      await call("delete", "/v1/waiting/{waiting_id}", { path: { waiting_id: one.id } });
      return true;
    }, t("wait.left"));
    if (done !== undefined) await reread();
  };
  return (
    <>
      <ul class="listed">
        {of.map((one) => (
          <li key={one.id}>
            <strong>{say(one)}</strong>
            <span class="small">
              {t("wait.days", { from: dateOf(one.from_day), to: dateOf(one.until_day) })}
              {one.appointment_id === null ? null : ` · ${t("wait.has")}`}
              {one.status === "waiting" ? null : ` · ${named("wait.status", one.status)}`}
            </span>
            {one.status !== "waiting" ? null : (
              <button
                type="button"
                class="button small"
                aria-disabled={acting.busy.value}
                onClick={() => void leave(one)}
              >
                {t("wait.leave")}
                <span class="unseen">: {say(one)}</span>
              </button>
            )}
          </li>
        ))}
      </ul>
      <Refused of={acting} />
    </>
  );
}
