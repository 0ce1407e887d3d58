// One visit in the list of a day: how it stands, what they say of it, how they get there, and what
// one does about it.
import { useSignal } from "@preact/signals";

import { call, type Appointment, type DayRide } from "../../api/call";
import { clock, now } from "../../shared/time";
import { named, t } from "../../shared/words";
import { Refused, useActing } from "../acting";
import { keyOf, spoken } from "../desk";
import { Link } from "../link";
import { Concluding, Moving } from "./conclude";
import { OfVisit } from "./ofvisit";

const SURE: DayRide["status"][] = ["arranged", "under-way", "completed"];
const AHEAD: Appointment["status"][] = ["booked", "pending"];
const QUICK = ["arrived", "fulfilled"] as const;
/** So long before it one presses "arrived". */
const EARLY_MS = 3 * 3_600_000;

/** A ride was asked for, and none is sure: they may not get there. */
export function stranded(visit: Appointment, rides: DayRide[]): boolean {
  if (!AHEAD.includes(visit.status)) return false;
  const wanted = rides.filter((one) => one.status === "requested" || one.status === "failed");
  return wanted.length > 0 && !rides.some((one) => SURE.includes(one.status));
}

interface Props {
  of: Appointment;
  rides: DayRide[];
  over: boolean;
  read: () => Promise<void>;
}

type Doing = "conclude" | "move" | "more" | null;

export function OneOfDay({ of, rides, over, read }: Props) {
  const doing = useSignal<Doing>(null);
  const acting = useActing(read);
  const name = spoken(of);
  const heading = `day-${of.id}`;
  const near = of.starts_at !== null && Date.parse(of.starts_at) - EARLY_MS < now.value;
  const open = AHEAD.includes(of.status);
  const done = (): void => {
    doing.value = null;
    void read();
  };
  const toggle = (what: Doing) => () => {
    doing.value = doing.value === what ? null : what;
  };
  const become = async (status: (typeof QUICK)[number]): Promise<void> => {
    const body = { status, reason: null, note: null };
    const made = await acting.act(
      () =>
        call("post", "/v1/appointments/{appointment_id}/status", {
          path: { appointment_id: of.id },
          body,
          key: keyOf(`visit ${of.id} ${of.version} ${status}`),
          version: of.version,
        }),
      t("consent.saved"),
    );
    if (made !== undefined) await read();
  };
  return (
    <li class="plan" data-over={over} aria-labelledby={heading}>
      <div class="row spread">
        <h4 id={heading}>
          {of.starts_at === null ? null : (
            <time dateTime={of.starts_at}>{clock(of.starts_at, of.zone)}</time>
          )}{" "}
          <Link to={{ at: "person", id: of.patient_id }}>{name}</Link>
        </h4>
        <span class={`standing visit-${of.status}`}>{named("visit.status", of.status)}</span>
      </div>
      <p class="row">
        {open ? (
          <span class={`level said-${of.answer}`}>{named("visit.answer", of.answer)}</span>
        ) : null}
        {of.late && open ? <span class="level red">{t("day.late")}</span> : null}
        {of.unreached && open ? <span class="level red">{t("day.unreached")}</span> : null}
        <span>{of.what ?? t("visit.plain")}</span>
        {of.reason === null ? null : (
          <span class="small">{named("visit.reason", of.reason)}</span>
        )}
      </p>
      <TheWay visit={of} rides={rides} />
      {over && of.may_become.length === 0 ? null : (
        <div class="row not-printed">
          {QUICK.filter((one) => near && of.may_become.includes(one)).map((one) => (
            <button
              key={one}
              type="button"
              class="button small"
              aria-disabled={acting.busy.value}
              onClick={() => void become(one)}
            >
              {t(`day.act.${one}`)}
              <span class="unseen">: {name}</span>
            </button>
          ))}
          {of.may_become.length === 0 ? null : (
            <More word="visit.conclude" of={name} open={doing.value === "conclude"} on={toggle("conclude")} />
          )}
          {of.may_move ? (
            <More word="day.move" of={name} open={doing.value === "move"} on={toggle("move")} />
          ) : null}
          <More word="visit.more" of={name} open={doing.value === "more"} on={toggle("more")} />
        </div>
      )}
      <Refused of={acting} />
      {doing.value === "conclude" ? <Concluding visit={of} onDone={done} reread={read} /> : null}
      {doing.value === "move" ? <Moving visit={of} onDone={done} reread={read} /> : null}
      {doing.value === "more" ? <OfVisit visit={of} reread={read} /> : null}
    </li>
  );
}

interface MoreProps {
  word: "visit.conclude" | "day.move" | "visit.more";
  of: string;
  open: boolean;
  on: () => void;
}

function More({ word, of, open, on }: MoreProps) {
  return (
    <button type="button" class="button small" aria-expanded={open} onClick={on}>
      {t(word)}
      <span class="unseen">: {of}</span>
    </button>
  );
}

function TheWay({ visit, rides }: { visit: Appointment; rides: DayRide[] }) {
  if (rides.length === 0) {
    return AHEAD.includes(visit.status) ? <p class="soft small">{t("day.ride.none")}</p> : null;
  }
  const lost = stranded(visit, rides);
  return (
    <>
      {lost ? (
        <p>
          <span class="level red">{t("day.ride.stranded")}</span>
        </p>
      ) : null}
      {rides.map((one) => (
        <p key={one.id} class="small">
          {t("ride.title")}: {named("ride.status", one.status)}
          {one.broker === null ? null : ` · ${one.broker}`}
          {one.pickup_at === null ? null : ` · ${t("ride.pickup")} ${clock(one.pickup_at, one.zone)}`}
        </p>
      ))}
    </>
  );
}
