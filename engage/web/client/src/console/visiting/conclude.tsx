// What became of a visit, or its new time. The rides to it go its way; the server sees to that.
import { useSignal } from "@preact/signals";
import { useEffect, useId, useRef } from "preact/hooks";

import { call, type Appointment } from "../../api/call";
import { moment, onWall } from "../../shared/wall";
import { named, t } from "../../shared/words";
import { Refused, useActing } from "../acting";
import { keyOf } from "../desk";
import { Area, Choice, Field, Missing, Select } from "../fields";

type Reason = NonNullable<Appointment["reason"]>;
const CALLED_OFF: readonly Reason[] = ["patient", "provider", "ride", "felt-ill", "work", "other"];
const MISSED: readonly (Reason | "unsaid")[] = ["unsaid", "ride", "felt-ill", "work", "forgot", "other"];

interface Props {
  visit: Appointment;
  onDone: () => void;
  /** Reads the page anew that it stands on. */
  reread: () => Promise<void>;
}

export function Concluding({ visit, onDone, reread }: Props) {
  const id = useId();
  const status = useSignal<Appointment["status"] | null>(null);
  const reason = useSignal<Reason | "unsaid">("unsaid");
  const note = useSignal("");
  const lacks = useSignal(false);
  const acting = useActing(reread);
  const first = useRef<HTMLInputElement | null>(null);
  useEffect(() => {
    first.current?.focus();
  }, []);
  const to = status.value;
  const reasons = to === "cancelled" ? CALLED_OFF : to === "noshow" ? MISSED : [];
  useEffect(() => {
    reason.value = reasons[0] ?? "unsaid";
  }, [to]);

  const save = async (): Promise<void> => {
    lacks.value = to === null;
    if (to === null) {
      first.current?.focus();
      return;
    }
    const words = note.value.trim();
    const why = reasons.length === 0 || reason.value === "unsaid" ? null : reason.value;
    const body = { status: to, reason: why, note: words === "" ? null : words };
    const done = await acting.act(
      () =>
        call("post", "/v1/appointments/{appointment_id}/status", {
          path: { appointment_id: visit.id },
          body,
          key: keyOf(`visit ${visit.id} ${visit.version} ${JSON.stringify(body)}`),
          version: visit.version,
        }),
      t("consent.saved"),
    );
    if (done === undefined) return;
    onDone();
    await reread();
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
        legend={t("visit.became")}
        of={visit.may_become}
        value={status}
        say={(one) => named("visit.status", one)}
        firstRef={(element) => {
          first.current = element;
        }}
        describedBy={lacks.value ? `${id}-missing` : undefined}
      />
      {reasons.length === 0 ? null : (
        <Select
          label={t("referral.why")}
          of={reasons}
          value={reason}
          say={(one) => named("visit.reason", one)}
        />
      )}
      <Area label={t("referral.note.own")} value={note} most={500} />
      <Missing id={`${id}-missing`} words={lacks.value ? t("visit.lacks.status") : null} />
      <Ends acting={acting} onDone={onDone} />
    </form>
  );
}

export function Moving({ visit, onDone, reread }: Props) {
  const id = useId();
  const begins = visit.starts_at === null ? Date.now() : Date.parse(visit.starts_at);
  const lasts = visit.ends_at === null ? 3_600_000 : Date.parse(visit.ends_at) - begins;
  const at = useSignal(onWall(begins, visit.zone));
  const lacks = useSignal(false);
  const acting = useActing(reread);
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    form.current?.querySelector("input")?.focus();
  }, []);

  const save = async (): Promise<void> => {
    const starts = moment(at.value, visit.zone);
    lacks.value = starts === null;
    if (starts === null) return;
    const ends = new Date(Date.parse(starts) + lasts).toISOString();
    const done = await acting.act(
      () =>
        call("patch", "/v1/appointments/{appointment_id}", {
          path: { appointment_id: visit.id },
          body: { starts_at: starts, ends_at: ends, place_id: visit.place_id, note: null },
          version: visit.version,
        }),
      t("visit.moved"),
    );
    if (done === undefined) return;
    onDone();
    await reread();
  };

  return (
    <form
      ref={form}
      class="ask inset"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <Field
        label={t("visit.new.time")}
        type="datetime-local"
        value={at}
        hint={t("visit.move.hint")}
        needed
      />
      <Missing id={`${id}-missing`} words={lacks.value ? t("visit.lacks") : null} />
      <Ends acting={acting} onDone={onDone} />
    </form>
  );
}

function Ends({ acting, onDone }: { acting: ReturnType<typeof useActing>; onDone: () => void }) {
  return (
    <>
      <Refused of={acting} />
      <div class="row">
        <button type="submit" class="button first" disabled={acting.busy.value}>
          {t("consent.save")}
        </button>
        <button type="button" class="button quiet" onClick={onDone}>
          {t("cancel")}
        </button>
      </div>
    </>
  );
}
