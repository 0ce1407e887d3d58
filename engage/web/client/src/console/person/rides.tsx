// Rides to a visit, and boxes that are brought: asked for, arranged by telephone, and what became of
// them. The person reads by text when somebody will come, and when they will not.
import { useSignal } from "@preact/signals";
import { useEffect, useId, useRef } from "preact/hooks";

import { call, type Appointment, type Ride } from "../../api/call";
import { Moment } from "../../shared/moment";
import { dateOf } from "../../shared/time";
import { moment, onWall } from "../../shared/wall";
import { named, t } from "../../shared/words";
import { Refused, useActing } from "../acting";
import { keyOf } from "../desk";
import { Area, Choice, Field, Missing, Select } from "../fields";
import { Fold } from "../fold";
import { loadPerson, ours, person } from "./state";

type Reason = NonNullable<Ride["reason"]>;
const WAYS = ["both", "there", "back"] as const;
const REASONS: Partial<Record<Ride["status"], readonly Reason[]>> = {
  failed: ["no-driver", "driver-did-not-come", "patient-not-there", "not-eligible", "did-not-come", "other"],
  cancelled: ["not-needed", "patient-declined", "other"],
};

export function OneRide({ ride }: { ride: Ride }) {
  const telling = useSignal(false);
  const zone = ride.zone;
  const title = t(ride.kind === "ride" ? "ride.title" : "ride.box");
  return (
    <div class="referral" role="group" aria-label={title}>
      <div class="row spread">
        <p>
          <strong>{title}</strong>
          {` · ${ride.direction === null ? dateOf(ride.day) : named("ride.way", ride.direction)}`}
        </p>
        <span class={`standing ride-${ride.status}`}>{named("ride.status", ride.status)}</span>
      </div>
      {ride.pickup_at === null ? null : (
        <p>
          {t(ride.kind === "ride" ? "ride.pickup" : "ride.brought")}{" "}
          <Moment at={ride.pickup_at} zone={zone} />
          {ride.return_at === null ? null : (
            <>
              {" · "}
              {t("ride.return")} <Moment at={ride.return_at} zone={zone} as="clock" />
            </>
          )}
        </p>
      )}
      <p class="soft small">
        {[
          ride.broker,
          ride.confirmation === null ? null : t("ride.number", { number: ride.confirmation }),
          ride.pickup,
          ride.dropoff,
          ride.note,
          ride.reason === null ? null : named("ride.reason", ride.reason),
        ]
          .filter(Boolean)
          .join(" · ")}
      </p>
      {ride.may_become.length === 0 ? null : (
        <button
          type="button"
          class="button small"
          aria-expanded={telling.value}
          onClick={() => {
            telling.value = !telling.value;
          }}
        >
          {t("ride.record")}
        </button>
      )}
      {telling.value ? (
        <Became
          ride={ride}
          onDone={() => {
            telling.value = false;
          }}
        />
      ) : null}
    </div>
  );
}

function Became({ ride, onDone }: { ride: Ride; onDone: () => void }) {
  const id = useId();
  const status = useSignal<Ride["status"] | null>(null);
  const reason = useSignal<Reason>("other");
  const pickup = useSignal(
    onWall(ride.pickup_at === null ? Date.now() : Date.parse(ride.pickup_at), ride.zone),
  );
  const back = useSignal("");
  const broker = useSignal(ride.broker ?? "");
  const number = useSignal(ride.confirmation ?? "");
  const lacks = useSignal<"status" | "pickup" | null>(null);
  const acting = useActing(loadPerson);
  const first = useRef<HTMLInputElement | null>(null);
  useEffect(() => {
    first.current?.focus();
  }, []);
  const to = status.value;
  const reasons = (to === null ? undefined : REASONS[to]) ?? [];
  useEffect(() => {
    reason.value = reasons[0] ?? "other";
  }, [to]);

  const save = async (): Promise<void> => {
    const since = to === "arranged" ? moment(pickup.value, ride.zone) : null;
    lacks.value = to === null ? "status" : to === "arranged" && since === null ? "pickup" : null;
    if (to === null || lacks.value !== null) {
      first.current?.focus();
      return;
    }
    const body = {
      status: to,
      reason: reasons.length === 0 ? null : reason.value,
      pickup_at: since,
      return_at: to === "arranged" && back.value !== "" ? moment(back.value, ride.zone) : null,
      broker: broker.value.trim(),
      confirmation: number.value.trim(),
      note: null,
    };
    const done = await acting.act(
      () =>
        call("post", "/v1/rides/{ride_id}/status", {
          path: { ride_id: ride.id },
          body,
          key: keyOf(`ride ${ride.id} ${ride.version} ${JSON.stringify(body)}`),
          version: ride.version,
        }),
      t("consent.saved"),
    );
    if (done === undefined) return;
    onDone();
    await loadPerson();
  };

  return (
    <form
      class="ask inset"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <Choice
        legend={t("referral.where")}
        of={ride.may_become}
        value={status}
        say={(one) => named("ride.status", one)}
        firstRef={(element) => {
          first.current = element;
        }}
        describedBy={lacks.value === null ? undefined : `${id}-missing`}
      />
      {to === "arranged" ? (
        <div class="pair">
          <Field
            label={t(ride.kind === "ride" ? "ride.pickup.at" : "ride.brought.at")}
            type="datetime-local"
            value={pickup}
            needed
          />
          {ride.kind === "ride" ? (
            <Field label={t("ride.return.at")} type="datetime-local" value={back} hint={t("ride.return.hint")} />
          ) : null}
          <Field label={t("ride.broker")} value={broker} most={120} />
          <Field label={t("ride.confirmation")} value={number} most={120} />
        </div>
      ) : null}
      {reasons.length === 0 ? null : (
        <Select
          label={t("referral.why")}
          of={reasons}
          value={reason}
          say={(one) => named("ride.reason", one)}
        />
      )}
      <Missing
        id={`${id}-missing`}
        words={lacks.value === null ? null : t(`ride.lacks.${lacks.value}`)}
      />
      <Refused of={acting} />
      <div class="row">
        <button type="submit" class="button first" disabled={acting.busy.value}>
          {t("consent.save")}
        </button>
        <button type="button" class="button quiet" onClick={onDone}>
          {t("cancel")}
        </button>
      </div>
    </form>
  );
}

/** Ask for a ride to a visit; without one, for a food box on a day. */
export function Ask({ visit }: { visit: Appointment | null }) {
  const way = useSignal<(typeof WAYS)[number]>("both");
  const day = useSignal(onWall(Date.now() + 86_400_000, ours.value).slice(0, 10));
  const from = useSignal("");
  const note = useSignal("");
  const acting = useActing();
  const who = person.value;
  if (who === undefined) return null;
  const ride = visit !== null;

  const save = async (): Promise<boolean> => {
    const body = {
      patient_id: who.id,
      kind: ride ? ("ride" as const) : ("food-box" as const),
      appointment_id: visit?.id ?? null,
      direction: ride ? way.value : null,
      day: ride ? null : day.value,
      pickup: from.value.trim(),
      dropoff: "",
      note: note.value.trim(),
    };
    const made = await acting.act(
      () => call("post", "/v1/rides", { body, key: crypto.randomUUID() }),
      t("ride.asked"),
    );
    if (made === undefined) return false;
    note.value = "";
    // The form of a visit that has a ride is gone.
    if (ride) document.getElementById("visits")?.focus({ preventScroll: true });
    await loadPerson();
    return !ride;
  };

  return (
    <Fold
      title={t(ride ? "ride.ask" : "ride.ask.box")}
      act={t(ride ? "ride.ask.do" : "ride.ask.box.do")}
      acting={acting}
      save={save}
    >
        {ride ? (
          <Select
            label={t("ride.direction")}
            of={WAYS}
            value={way}
            say={(one) => named("ride.way", one)}
          />
        ) : (
          <Field label={t("ride.day")} type="date" value={day} needed />
        )}
        <Field label={t(ride ? "ride.from" : "ride.to")} value={from} most={300} />
        <Area label={t("ride.note")} value={note} most={500} hint={t("ride.note.hint")} />
    </Fold>
  );
}
