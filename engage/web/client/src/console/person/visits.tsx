// Visits to come, with the rides to each: when, where, who drives, and what is left to arrange. Boxes
// that are brought stand below, since they wait for no visit.
import { useSignal } from "@preact/signals";

import type { Appointment, Ride } from "../../api/call";
import { Moment } from "../../shared/moment";
import { named, t } from "../../shared/words";
import { Later } from "../later";
import { Book } from "./book";
import { Ask, OneRide } from "./rides";
import { loadPerson, person, places, rides, visits } from "./state";

const AHEAD: Appointment["status"][] = ["booked", "proposed", "pending"];

export function Visits() {
  const all = visits.value;
  if (all === undefined) return <p class="soft">{t("loading")}</p>;
  const boxes = rides.value.filter((one) => one.appointment_id === null);
  return (
    <>
      {all.length === 0 ? <p class="soft">{t("visit.none")}</p> : null}
      <ul class="plans">
        {all.map((one) => (
          <OneVisit key={one.id} visit={one} />
        ))}
      </ul>
      <Book />
      <More />
      {boxes.length === 0 ? null : (
        <ul class="plans" aria-label={t("ride.boxes")}>
          {boxes.map((one) => (
            <li key={one.id}>
              <OneRide ride={one} />
            </li>
          ))}
        </ul>
      )}
      <Ask visit={null} />
    </>
  );
}

/** Free times, the waiting list, calendars: read once somebody opens them. */
function More() {
  const open = useSignal(false);
  const who = person.value;
  if (who === undefined) return null;
  return (
    <details
      onToggle={(event) => {
        if (event.target === event.currentTarget && event.currentTarget.open) open.value = true;
      }}
    >
      <summary>{t("visit.person.more")}</summary>
      {open.value ? <Later of={(all) => <all.OfPerson who={who} />} /> : null}
    </details>
  );
}

type Doing = "conclude" | "move" | "more" | null;

function OneVisit({ visit }: { visit: Appointment }) {
  const doing = useSignal<Doing>(null);
  const place = places.value.find((one) => one.id === visit.place_id);
  const own = rides.value.filter((one) => one.appointment_id === visit.id);
  const done = (): void => {
    doing.value = null;
  };
  const toggle = (what: Doing) => () => {
    doing.value = doing.value === what ? null : what;
  };
  const heading = `visit-${visit.id}`;
  const open = AHEAD.includes(visit.status);
  return (
    <li class="plan" data-over={!open} aria-labelledby={heading}>
      <div class="row spread">
        <h3 id={heading}>
          {visit.starts_at === null ? (
            t("visit.no.time")
          ) : (
            <Moment at={visit.starts_at} zone={visit.zone} />
          )}
        </h3>
        <span class={`standing visit-${visit.status}`}>{named("visit.status", visit.status)}</span>
      </div>
      <p>{[visit.what, place?.name].filter(Boolean).join(" · ") || t("visit.plain")}</p>
      {place === undefined ? null : <p class="soft small">{place.address}</p>}
      {visit.reason === null ? null : (
        <p class="small">{named("visit.reason", visit.reason)}</p>
      )}
      {visit.from_clinic ? <p class="soft small">{t("visit.from.clinic")}</p> : null}
      {own.length === 0 && open ? <p class="small">{t("ride.none")}</p> : null}
      {own.map((one) => (
        <OneRide key={one.id} ride={one} />
      ))}
      {visit.may_become.length === 0 && !visit.may_move ? null : (
        <div class="row">
          {visit.may_become.length === 0 ? null : (
            <button
              type="button"
              class="button small"
              aria-expanded={doing.value === "conclude"}
              onClick={toggle("conclude")}
            >
              {t("visit.conclude")}
            </button>
          )}
          {visit.may_move ? (
            <button
              type="button"
              class="button small"
              aria-expanded={doing.value === "move"}
              onClick={toggle("move")}
            >
              {t("visit.move")}
            </button>
          ) : null}
          <button
            type="button"
            class="button small"
            aria-expanded={doing.value === "more"}
            onClick={toggle("more")}
          >
            {t("visit.more")}
          </button>
        </div>
      )}
      {doing.value === "conclude" ? (
        <Later of={(all) => <all.Concluding visit={visit} onDone={done} reread={loadPerson} />} />
      ) : null}
      {doing.value === "move" ? (
        <Later of={(all) => <all.Moving visit={visit} onDone={done} reread={loadPerson} />} />
      ) : null}
      {doing.value === "more" ? (
        <Later of={(all) => <all.OfVisit visit={visit} reread={loadPerson} />} />
      ) : null}
      {open && visit.starts_at !== null && !own.some(isAlive) ? <Ask visit={visit} /> : null}
    </li>
  );
}

const isAlive = (one: Ride): boolean => one.status !== "failed" && one.status !== "cancelled";
