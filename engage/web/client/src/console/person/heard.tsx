// Write down where a referral has got to: what one heard from the organization, with whom from, or
// that it is called off.
import { useSignal } from "@preact/signals";
import { useEffect, useId, useRef } from "preact/hooks";

import { call, type Referral, type Schema } from "../../api/call";
import { named, t } from "../../shared/words";
import { Refused, useActing } from "../acting";
import { keyOf } from "../desk";
import { Area, Choice, Missing, Select } from "../fields";
import { loadPerson, putReferral } from "./state";

type Status = Referral["status"];
type Reason = NonNullable<Schema["ReferralStatusIn"]["reason"]>;
const REASONED: Status[] = ["rejected", "cancelled", "on-hold", "failed"];
const REASONS: Record<string, readonly Reason[]> = {
  "on-hold": ["waitlist", "no-capacity", "could-not-reach", "other"],
  cancelled: ["patient-declined", "patient-moved", "duplicate", "sent-by-mistake", "other"],
  rejected: ["no-capacity", "not-eligible", "outside-area", "could-not-reach", "other"],
  failed: ["could-not-reach", "no-capacity", "patient-declined", "not-eligible", "other"],
};

export function Heard({ referral, onDone }: { referral: Referral; onDone: () => void }) {
  const id = useId();
  const status = useSignal<Status | null>(null);
  const reason = useSignal<Reason>("other");
  const note = useSignal("");
  const lacks = useSignal<"status" | "note" | null>(null);
  const acting = useActing(loadPerson);
  const first = useRef<HTMLInputElement | null>(null);
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    first.current?.focus();
  }, []);
  const to = status.value;
  const own = to === "cancelled" || referral.way === "self";
  const reasons = to === null ? [] : (REASONS[to] ?? []);
  useEffect(() => {
    reason.value = reasons[0] ?? "other";
  }, [to]);

  const save = async (): Promise<void> => {
    const words = note.value.trim();
    lacks.value = to === null ? "status" : words === "" && !own ? "note" : null;
    if (to === null) {
      first.current?.focus();
      return;
    }
    if (lacks.value === "note") {
      form.current?.querySelector("textarea")?.focus();
      return;
    }
    const why = REASONED.includes(to) ? reason.value : null;
    const business = why === "waitlist" || why === "no-capacity" ? why : null;
    const body = { status: to, reason: why, business, told: !own, note: words === "" ? null : words };
    const done = await acting.act(
      () =>
        call("post", "/v1/referrals/{referral_id}/status", {
          path: { referral_id: referral.id },
          body,
          key: keyOf(`referral ${referral.id} ${referral.version} ${JSON.stringify(body)}`),
          version: referral.version,
        }),
      t("consent.saved"),
    );
    if (done === undefined) return;
    putReferral(done);
    onDone();
    void loadPerson();
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
      <Choice
        legend={t("referral.where")}
        of={referral.may_become}
        value={status}
        say={(one) => named("referral.status", one)}
        firstRef={(element) => {
          first.current = element;
        }}
        describedBy={lacks.value === "status" ? `${id}-missing` : undefined}
      />
      {reasons.length === 0 ? null : (
        <Select
          label={t("referral.why")}
          of={reasons}
          value={reason}
          say={(one) => named("refer.reason", one)}
        />
      )}
      <Area
        label={t(own ? "referral.note.own" : "referral.note")}
        value={note}
        most={500}
        needed={!own}
        describedBy={lacks.value === "note" ? `${id}-missing` : undefined}
      />
      <Missing
        id={`${id}-missing`}
        words={lacks.value === null ? null : t(`referral.lacks.${lacks.value}`)}
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
