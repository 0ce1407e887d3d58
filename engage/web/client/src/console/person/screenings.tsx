// What they were screened for, the one-tap page of what is open, and when each is asked again.
import { useSignal } from "@preact/signals";

import { call, type Rescreen, type Schema, type Screening } from "../../api/call";
import { Moment } from "../../shared/moment";
import { moment } from "../../shared/wall";
import { named, t } from "../../shared/words";
import { Refused, useActing } from "../acting";
import { instruments } from "../desk";
import { titleOf } from "../instruments";
import { Field, Select } from "../fields";
import { Fold } from "../fold";
import { TheLink } from "./handed";
import { loadPerson, ours, person, rescreens, screenings } from "./state";

type Made = Schema["PageLinkOut"];
const MORNING = "T09:30";

export function Screenings() {
  const all = screenings.value;
  if (all === undefined) return <p class="soft">{t("loading")}</p>;
  return (
    <>
      {all.length === 0 ? <p class="soft">{t("screened.none")}</p> : null}
      <ul class="plans">
        {all.map((one) => (
          <One key={one.id} screening={one} />
        ))}
      </ul>
      <OnAPage />
      <h3>{t("again.title")}</h3>
      {rescreens.value.length === 0 ? <p class="soft">{t("again.none")}</p> : null}
      <ul class="plans">
        {rescreens.value.map((one) => (
          <Again key={one.instrument} of={one} />
        ))}
      </ul>
      <SetAgain />
    </>
  );
}

const linkTo = (id: string, act: "renew" | "revoke"): Promise<Made> =>
  call("post", "/v1/screenings/{screening_id}/link", {
    path: { screening_id: id },
    body: { act },
    key: crypto.randomUUID(),
  });

function One({ screening }: { screening: Screening }) {
  const acting = useActing(loadPerson);
  const made = useSignal<Made | undefined>(undefined);
  const title = titleOf(screening.instrument);
  const change = async (act: "renew" | "revoke"): Promise<void> => {
    made.value = undefined;
    const done = act === "revoke" ? t("screened.unlinked") : undefined;
    made.value = await acting.act(() => linkTo(screening.id, act), done);
  };
  const verdict = screening.verdict;
  return (
    <li class="plan" data-over={screening.status !== "in-progress"}>
      <div class="row spread">
        <h3>{title}</h3>
        <span class="standing">{named("screened.status", screening.status)}</span>
      </div>
      <p class="small">
        <Moment at={screening.started_at} zone={ours.value} />
        {verdict === null ? null : ` · ${named("screened.says", verdict.type)}`}
      </p>
      {screening.status === "in-progress" ? (
        <div class="row">
          {(["renew", "revoke"] as const).map((act) => (
            <button
              key={act}
              type="button"
              class="button small"
              aria-disabled={acting.busy.value}
              onClick={() => void change(act)}
            >
              {t(act === "renew" ? "screened.link" : "screened.unlink")}
              <span class="unseen">: {title}</span>
            </button>
          ))}
        </div>
      ) : null}
      <Shown made={made.value} />
      <Refused of={acting} />
    </li>
  );
}

/** The link, for as long as this page is open; or that there is none any more. */
function Shown({ made }: { made: Made | undefined }) {
  if (made === undefined) return null;
  if (made.link === null) return <p class="small">{t("screened.unlinked")}</p>;
  return <TheLink key={made.link} link={made.link} until={made.expires_at} />;
}

/** For whoever can't be texted: a screening that begins on a page, and its link. */
function OnAPage() {
  const tools = instruments.value.filter((one) => one.channels.includes("sms"));
  const what = useSignal("hunger-vital-sign");
  const made = useSignal<Made | undefined>(undefined);
  const acting = useActing(loadPerson);
  const who = person.value;
  if (who === undefined || tools.length === 0) return null;
  const begin = async (): Promise<boolean> => {
    made.value = await acting.act(async () => {
      const begun = await call("post", "/v1/patients/{patient_id}/screenings", {
        path: { patient_id: who.id },
        body: { instrument: what.value, channel: "staff" },
        key: crypto.randomUUID(),
      });
      return linkTo(begun.id, "renew");
    });
    if (made.value === undefined) return false;
    await loadPerson();
    return true;
  };
  return (
    <>
      <Fold title={t("page.begin")} act={t("page.begin.do")} acting={acting} save={begin}>
        <p class="soft small">{t("page.begin.what")}</p>
        <Select label={t("again.what")} of={tools.map((one) => one.id)} value={what} say={titleOf} />
      </Fold>
      <Shown made={made.value} />
    </>
  );
}

async function put(who: string, instrument: string, next: string | null, version?: number) {
  return call("put", "/v1/patients/{patient_id}/rescreens/{instrument}", {
    path: { patient_id: who, instrument },
    body: { next_at: next, status: "waiting" },
    ...(version === undefined ? {} : { version }),
  });
}

function Again({ of }: { of: Rescreen }) {
  const acting = useActing(loadPerson);
  const title = titleOf(of.instrument);
  const skip = async (): Promise<void> => {
    const done = await acting.act(
      () => put(of.patient_id, of.instrument, null, of.version),
      t("again.skipped"),
    );
    if (done !== undefined) await loadPerson();
  };
  const waits = of.status === "waiting" && of.next_at !== null;
  return (
    <li class="plan">
      <h4>{title}</h4>
      <p>
        {of.status === "paused" ? t("again.paused") : null}
        {of.status === "waiting" && of.next_at === null ? t("again.never") : null}
        {waits ? (
          <>
            <strong>{t("again.at")}</strong> <Moment at={of.next_at ?? ""} zone={ours.value} />
          </>
        ) : null}{" "}
        <span class="soft small">{named("again.why", of.why)}</span>
      </p>
      {waits ? (
        <div class="row">
          <button
            type="button"
            class="button small"
            aria-disabled={acting.busy.value}
            onClick={() => void skip()}
          >
            {t("again.skip")}
            <span class="unseen">: {title}</span>
          </button>
        </div>
      ) : null}
      <Refused of={acting} />
    </li>
  );
}

function SetAgain() {
  const tools = instruments.value.filter((one) => one.channels.includes("sms"));
  const what = useSignal("hunger-vital-sign");
  const day = useSignal("");
  const lacks = useSignal(false);
  const acting = useActing(loadPerson);
  const who = person.value;
  if (who === undefined || tools.length === 0) return null;
  const save = async (): Promise<boolean> => {
    const at = moment(`${day.value}${MORNING}`, ours.value);
    lacks.value = at === null || Date.parse(at) < Date.now();
    if (lacks.value) return false;
    const known = rescreens.value.find((one) => one.instrument === what.value);
    const done = await acting.act(
      () => put(who.id, what.value, at, known?.version),
      t("again.saved"),
    );
    if (done === undefined) return false;
    day.value = "";
    await loadPerson();
    return true;
  };
  return (
    <Fold
      title={t("again.set")}
      act={t("again.do")}
      acting={acting}
      lacks={lacks.value ? t("again.lacks") : null}
      save={save}
    >
      <Select label={t("again.what")} of={tools.map((one) => one.id)} value={what} say={titleOf} />
      <Field label={t("again.day")} type="date" value={day} hint={t("again.day.hint")} needed />
    </Fold>
  );
}
