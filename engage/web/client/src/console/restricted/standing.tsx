// On an open record: that it is restricted, for how long a reason still opens it, and marking it.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { call, type Schema } from "../../api/call";
import { now } from "../../shared/time";
import { t } from "../../shared/words";
import { Refused, useActing } from "../acting";
import { attempt } from "../desk";
import { Choice, Missing } from "../fields";
import { directs, stirred } from "../place";
import { reread } from "./state";

type Restriction = Schema["RestrictionOut"];
type Reason = Schema["RestrictionIn"]["reason"];
const REASONS: Reason[] = ["colleague", "colleagues-family", "public-person", "own-wish"];
const MINUTE_MS = 60_000;

interface Props {
  patient: string;
  /** Where it can be marked, too. */
  practice?: string;
}

export function Standing({ patient, practice }: Props) {
  const stands = useSignal<Restriction | undefined>(undefined);
  const path = { patient_id: patient };
  const read = async (): Promise<void> => {
    const found = await attempt(
      () => call("get", "/v1/patients/{patient_id}/restriction", { path }),
      () => true,
    );
    if (found?.patient_id === patient) stands.value = found;
  };
  useEffect(() => void read(), [patient, stirred.value]);
  const it = stands.value;
  if (it?.patient_id !== patient) return null;
  const held = it.confidentiality !== null;
  const marks = practice !== undefined && directs(practice);
  if (!held && !marks) return null;
  return (
    <div class="stands">
      {held ? <Banner of={it} /> : null}
      {marks ? <Mark of={it} read={read} /> : null}
    </div>
  );
}

function Banner({ of }: { of: Restriction }) {
  // The page's clock ticks slowly: it may stand before the moment at which it was opened.
  const at = Math.max(now.value, of.until === null ? 0 : Date.parse(of.until) - 60 * MINUTE_MS);
  const left = of.until === null ? 0 : Math.ceil((Date.parse(of.until) - at) / MINUTE_MS);
  const over = of.until !== null && left <= 0;
  useEffect(() => {
    // The hour is over: what is shown here is read again, and is closed.
    if (over) reread();
  }, [over]);
  return (
    <p class="notice warn" role="status">
      <strong>{t("restricted.record")}.</strong>{" "}
      {of.until === null
        ? t("restricted.yours", { way: of.way === null ? "" : t(`way.${of.way}`) })
        : t(left === 1 ? "restricted.left.one" : "restricted.left", { n: Math.max(left, 0) })}
    </p>
  );
}

function Mark({ of, read }: { of: Restriction; read: () => Promise<void> }) {
  const reason = useSignal<Reason | null>(null);
  const lacks = useSignal(false);
  const acting = useActing();
  const path = { patient_id: of.patient_id };
  const changed = async (): Promise<void> => {
    await read();
    reread();
  };
  if (of.confidentiality !== null) {
    const lift = async (): Promise<void> => {
      const act = () => call("delete", "/v1/patients/{patient_id}/restriction", { path });
      await acting.act(act, t("restricted.lifted"));
      if (acting.refused.value === null) await changed();
    };
    return (
      <details class="small">
        <summary>{t("restricted.marked", { why: of.reason === null ? "" : t(`marked.${of.reason}`) })}</summary>
        <Refused of={acting} />
        <button
          type="button"
          class="button small"
          disabled={acting.busy.value}
          onClick={() => void lift()}
        >
          {t("restricted.lift")}
        </button>
      </details>
    );
  }
  const mark = async (): Promise<void> => {
    const why = reason.value;
    lacks.value = why === null;
    if (why === null) return;
    const done = await acting.act(
      () => call("put", "/v1/patients/{patient_id}/restriction", { path, body: { reason: why } }),
      t("restricted.done"),
    );
    if (done !== undefined) await changed();
  };
  return (
    <details class="small">
      <summary>{t("restricted.mark")}</summary>
      <form
        class="ask inset"
        onSubmit={(event) => {
          event.preventDefault();
          void mark();
        }}
      >
        <p>{t("restricted.mark.lead")}</p>
        <Choice
          legend={t("restricted.mark.why")}
          of={REASONS}
          value={reason}
          say={(one) => t(`marked.${one}`)}
        />
        <Missing id="mark" words={lacks.value ? t("restricted.mark.lacks") : null} />
        <Refused of={acting} />
        <button type="submit" class="button small" disabled={acting.busy.value}>
          {t("restricted.mark.now")}
        </button>
      </form>
    </details>
  );
}
