// The times of a schedule, by the week: free, taken, blocked; blocked and put back with one press.
import type { ComponentChildren } from "preact";

import { call } from "../../api/call";
import { clock } from "../../shared/time";
import { named, t } from "../../shared/words";
import { Refused, useActing } from "../acting";
import { Link } from "../link";
import type { Schedule, Slot } from "./state";
import { byDay, dayName, Days, useTimes } from "./times";

interface Props {
  of: Schedule;
  /** The form that adds times; what it added is read. */
  add: (read: () => Promise<void>) => ComponentChildren;
}

export function Week({ of, add }: Props) {
  const times = useTimes(of.practice_id, of.id, of);
  const acting = useActing(times.read);
  const change = async (one: Slot): Promise<void> => {
    const status = one.status === "busy-unavailable" ? ("free" as const) : ("busy-unavailable" as const);
    const done = await acting.act(
      () =>
        call("patch", "/v1/slots/{slot_id}", {
          path: { slot_id: one.id },
          body: { status },
          version: one.version,
        }),
      t("sched.saved"),
    );
    if (done !== undefined) await times.read();
  };
  return (
    <div class="part">
      <Days of={times} word="times.week" />
      {times.slots.value === undefined ? <p class="soft">{t("loading")}</p> : null}
      {times.slots.value?.length === 0 ? <p>{t("times.none")}</p> : null}
      {byDay(times.slots.value ?? [], of.zone).map(([day, slots]) => (
        <section key={day} class="part" aria-label={dayName(day)}>
          <h4>
            {dayName(day)}{" "}
            <Link to={{ at: "visits", day }} class="small">
              {t("times.day")}
            </Link>
          </h4>
          <ul class="slots">
            {slots.map((one) => (
              <li key={one.id} class="row">
                <strong>{clock(one.starts_at, of.zone)}</strong>
                <span class={`standing slot-${one.status}`}>{named("times.status", one.status)}</span>
                {one.status === "free" || one.status === "busy-unavailable" ? (
                  <button
                    type="button"
                    class="button quiet small"
                    aria-disabled={acting.busy.value}
                    onClick={() => void change(one)}
                  >
                    {t(one.status === "free" ? "times.block" : "times.unblock")}
                    <span class="unseen">
                      : {dayName(day)} {clock(one.starts_at, of.zone)}
                    </span>
                  </button>
                ) : null}
              </li>
            ))}
          </ul>
        </section>
      ))}
      <Refused of={acting} />
      {of.active ? add(times.read) : null}
    </div>
  );
}
