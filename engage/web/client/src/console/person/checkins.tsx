// Check-ins: what is asked of them again and again, when next, by which thresholds; and what came.
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import { call, type CheckIn, type Plan } from "../../api/call";
import { Moment } from "../../shared/moment";
import { named, t } from "../../shared/words";
import { Refused, useActing } from "../acting";
import { Field } from "../fields";
import { Link } from "../link";
import { moment } from "../../shared/wall";
import { Begin, nameOfCaregiver } from "./begin";
import { inWords } from "./rhythm";
import { answeredOf, askedOf, limitInWords, limitName, loadScripts, scriptTitle } from "./scripts";
import {
  checkIns,
  loadOlderCheckIns,
  loadPerson,
  moreCheckIns,
  ours,
  plans,
  putPlan,
} from "./state";

export function CheckIns() {
  useEffect(() => void loadScripts(), []);
  const all = plans.value;
  if (all === undefined) return <p class="soft">{t("loading")}</p>;
  const now = all.filter((one) => one.status !== "ended");
  const over = all.length - now.length;
  return (
    <>
      {now.length === 0 ? <p class="soft">{t("plan.none")}</p> : null}
      <ul class="plans">
        {now.map((one) => (
          <OnePlan key={one.id} plan={one} />
        ))}
      </ul>
      {over === 0 ? null : <p class="soft small">{t("plan.over", { n: over })}</p>}
      <Begin />
      {checkIns.value.length === 0 ? null : (
        <details>
          <summary>{t("checkin.came")}</summary>
          <ol class="ledger">
            {checkIns.value.map((one) => (
              <Came key={one.id} one={one} />
            ))}
          </ol>
          {moreCheckIns.value === null ? null : (
            <button type="button" class="button small" onClick={() => void loadOlderCheckIns()}>
              {t("queue.more")}
            </button>
          )}
        </details>
      )}
    </>
  );
}

function OnePlan({ plan }: { plan: Plan }) {
  const acting = useActing(loadPerson);
  const asking = useSignal<"pause" | "end" | null>(null);
  const until = useSignal("");
  const first = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (asking.value !== null) first.current?.querySelector<HTMLElement>("input, button")?.focus();
  }, [asking.value]);
  const zone = plan.time_zone;
  const change = async (
    body: { status?: "active" | "paused" | "ended"; until?: string | null; skip_next?: boolean },
    done: string,
  ): Promise<void> => {
    const made = await acting.act(
      () =>
        call("patch", "/v1/check-in-plans/{plan_id}", {
          path: { plan_id: plan.id },
          body: { status: null, until: null, skip_next: false, ...body },
          version: plan.version,
        }),
      done,
    );
    if (made === undefined) return;
    putPlan(made);
    asking.value = null;
    await loadPerson();
  };
  const pause = (): void => {
    const end = until.value === "" ? null : moment(`${until.value}T00:00`, zone);
    void change({ status: "paused", until: end }, t("plan.paused"));
  };
  const title = scriptTitle(plan.script);
  return (
    <li class="plan">
      <div class="row spread">
        <h3>{title}</h3>
        <span class={`standing plan-${plan.status}`}>{named("plan.status", plan.status)}</span>
      </div>
      <p class="small">{inWords(plan.cadence)}</p>
      <p>
        {plan.status === "paused" ? (
          plan.until === null ? (
            t("plan.until.resumed")
          ) : (
            <>
              {t("plan.until")} <Moment at={plan.until} zone={zone} />
            </>
          )
        ) : plan.next_at === null ? null : (
          <>
            <strong>{t("plan.next")}</strong> <Moment at={plan.next_at} zone={zone} />
          </>
        )}
      </p>
      {Object.entries(plan.thresholds).map(([name, value]) => (
        <p key={name} class="small">
          {limitName(name)}: {limitInWords(plan.script, name, value)}
        </p>
      ))}
      {plan.answerer === null ? null : (
        <p class="small">
          {t("plan.answerer")}
          {nameOfCaregiver(plan.answerer) === undefined ? "" : `: ${nameOfCaregiver(plan.answerer)}`}
        </p>
      )}
      <div class="row">
        {plan.status === "active" ? (
          <>
            <Small of={title} words={t("plan.skip")} busy={acting.busy.value} onPress={() => void change({ skip_next: true }, t("plan.skipped"))} />
            <Small of={title} words={t("plan.pause")} busy={acting.busy.value} open={asking.value === "pause"} onPress={() => {
              asking.value = asking.value === "pause" ? null : "pause";
            }} />
          </>
        ) : (
          <Small of={title} words={t("plan.resume")} busy={acting.busy.value} onPress={() => void change({ status: "active" }, t("plan.resumed"))} />
        )}
        <Small of={title} words={t("plan.end")} busy={acting.busy.value} open={asking.value === "end"} onPress={() => {
          asking.value = asking.value === "end" ? null : "end";
        }} />
      </div>
      {asking.value === null ? null : (
        <div class="ask inset" ref={first}>
          {asking.value === "pause" ? (
            <>
              <Field label={t("plan.pause.until")} type="date" value={until} hint={t("plan.pause.hint")} />
              <button type="button" class="button first" disabled={acting.busy.value} onClick={pause}>
                {t("plan.pause")}
              </button>
            </>
          ) : (
            <>
              <p>{t("plan.end.sure")}</p>
              <button
                type="button"
                class="button"
                disabled={acting.busy.value}
                onClick={() => void change({ status: "ended" }, t("plan.ended"))}
              >
                {t("plan.end.do")}
              </button>
            </>
          )}
        </div>
      )}
      <Refused of={acting} />
    </li>
  );
}

interface SmallProps {
  of: string;
  words: string;
  busy: boolean;
  open?: boolean;
  onPress: () => void;
}

function Small({ of, words, busy, open, onPress }: SmallProps) {
  return (
    <button
      type="button"
      class="button small"
      aria-disabled={busy}
      aria-expanded={open}
      onClick={onPress}
    >
      {words}
      <span class="unseen">: {of}</span>
    </button>
  );
}

function Came({ one }: { one: CheckIn }) {
  return (
    <li>
      <p>
        <strong>
          <Moment at={one.occurrence} zone={ours.value} />
        </strong>{" "}
        {named("checkin.status", one.status)}
        {one.why === null ? "" : `: ${named("checkin.why", one.why)}`}
      </p>
      {one.status === "asked" && one.answers.length === 0 ? (
        <p class="soft small">{t("checkin.silent")}</p>
      ) : null}
      {one.answers.map((answer) => (
        <div key={answer.question} class="small">
          <p class="soft">{askedOf(answer.question)}</p>
          <p>
            {answerInWords(answer)}
            {answer.reporter === "patient" ? "" : ` (${named("reporter", answer.reporter)})`}
            {answer.flags.map((flag) => (
              <span key={flag.rule}>
                {" "}
                <Link to={{ at: "item", id: flag.item_id }} class={`level ${flag.level}`}>
                  {named("level", flag.level)}
                </Link>
              </span>
            ))}
          </p>
        </div>
      ))}
    </li>
  );
}

function answerInWords({ question, answer }: CheckIn["answers"][number]): string {
  switch (answer.type) {
    case "chosen":
      return answeredOf(question, answer.option);
    case "chosen-several":
      return answer.options.map((one) => answeredOf(question, one)).join(", ");
    case "measured":
      return answer.numbers.join(" / ");
    default:
      return named("answer", answer.type);
  }
}
