// The steps on the work that is open: claim, complete, give back; and, once they are here, those of
// work/: rest it, hand it over, join it, open it again, log a call, write beside it.
import { useSignal } from "@preact/signals";
import { useId, useLayoutEffect, useRef } from "preact/hooks";

import type { ItemDetail, Outcome } from "../api/call";
import { when } from "../shared/time";
import { named, t } from "../shared/words";
import {
  change,
  closed,
  complete,
  held,
  likely,
  mine,
  patient,
  step,
  zone,
  type Step,
} from "./desk";
import { Minutes, minutesOf } from "./fields";
import { digits } from "./keys";
import { ownership } from "./owned";
import { Due, leaving, resting } from "./queue";
import { why } from "./why";
import { work } from "./work";

export const OUTCOMES: Outcome[] = [
  "reached-patient",
  "reached-caregiver",
  "answered-by-text",
  "referred",
  "could-not-reach",
  "no-action-needed",
  "called-911",
  "wrong-person",
];
const CRISIS: Outcome[] = ["called-911", "reached-patient", "reached-caregiver", "could-not-reach"];

export function State({ item }: { item: ItemDetail }) {
  return (
    <dl class="facts">
      {closed.value ? null : (
        <div>
          <dt>{t("why.due")}</dt>
          <dd>
            <Due moment={item.due_at} bare />{" "}
            {why.value === undefined ? null : (
              <why.value.DueWhy of={item.due_why} due={item.due_at} />
            )}
          </dd>
        </div>
      )}
      <div>
        <dt>{t("why.owner")}</dt>
        <dd>{ownership(item)}</dd>
      </div>
      {item.snoozed === null ? null : (
        <div>
          <dt>{t("rests")}</dt>
          <dd>{resting(item)}</dd>
        </div>
      )}
    </dl>
  );
}

export function Call() {
  const person = patient.value;
  if (closed.value || person === undefined || person.phone === null) return null;
  return (
    <a class="button" href={`tel:${person.phone}`}>
      {t("do.call", { name: person.given_name })}
    </a>
  );
}

/** What can be done with it now. */
export function Deeds({ item }: { item: ItemDetail }) {
  const more = work.value;
  return (
    <>
      {closed.value ? <Closed item={item} /> : <Buttons />}
      {more === undefined ? null : <more.Steps item={item} />}
      {step.value === "finish" && !closed.value ? <Finish key={item.id} item={item} /> : null}
    </>
  );
}

/** What colleagues wrote, what is done as part of it, what whoever takes it on must know. */
export function Beside({ item }: { item: ItemDetail }) {
  const more = work.value;
  return more === undefined ? null : <more.Around key={item.id} item={item} />;
}

function Closed({ item }: { item: ItemDetail }) {
  return (
    <div class="notice done">
      <p>
        <strong>{item.outcome === null ? "" : named("outcome", item.outcome)}</strong>
      </p>
      <p class="small">{t("do.closed", { when: when(item.closed_at ?? "", zone.value) })}</p>
      {item.note === null ? null : <p class="note">{item.note}</p>}
    </div>
  );
}

function Buttons() {
  const busy = useSignal(false);
  const act = async (what: "claim" | "release"): Promise<void> => {
    if (busy.value) return;
    busy.value = true;
    await change(what).finally(() => {
      busy.value = false;
    });
  };
  if (held.value && !mine.value) return null;
  return (
    <div class="row">
      {held.value ? null : (
        <button
          type="button"
          id="claim"
          class="button first"
          aria-disabled={busy.value}
          onClick={() => void act("claim")}
        >
          {t("do.claim")}
        </button>
      )}
      <Opens
        step="finish"
        class={held.value && step.value !== "finish" ? "button first" : "button"}
        words={t("do.complete")}
      />
      {held.value ? (
        <button
          type="button"
          class="button"
          aria-disabled={busy.value}
          onClick={() => void act("release")}
        >
          {t("do.release")}
        </button>
      ) : null}
    </div>
  );
}

/** A button that opens the form of a step, and closes it. */
export function Opens(props: { step: Step; words: string; class?: string }) {
  return (
    <button
      type="button"
      id={props.step === "finish" ? "complete" : `do-${props.step}`}
      class={props.class ?? "button small"}
      aria-expanded={step.value === props.step}
      onClick={() => {
        step.value = step.value === props.step ? null : props.step;
      }}
    >
      {props.words}
    </button>
  );
}

function Finish({ item }: { item: ItemDetail }) {
  const id = useId();
  const outcome = useSignal<Outcome | null>(likely.value);
  const note = useSignal("");
  const minutes = useSignal("");
  const missing = useSignal(false);
  const busy = useSignal(false);
  const choices = item.severity === "crisis" ? CRISIS : OUTCOMES;
  const first = useRef<HTMLInputElement>(null);
  const form = useRef<HTMLFormElement>(null);
  // Before the next key: who is fast types on in the form, and not past it.
  useLayoutEffect(() => {
    const chosen = form.current?.querySelector<HTMLInputElement>("input:checked");
    (chosen ?? first.current)?.focus();
  }, []);
  const finish = async (): Promise<void> => {
    if (outcome.value === null || !choices.includes(outcome.value)) {
      missing.value = true;
      first.current?.focus();
      return;
    }
    if (busy.value) return;
    busy.value = true;
    const goOn = leaving(item.id);
    const done = await complete(
      outcome.value,
      note.value,
      minutesOf(minutes.value),
    ).finally(() => {
      busy.value = false;
    });
    if (done) {
      step.value = null;
      goOn();
    }
  };
  return (
    <form
      ref={form}
      class="finish"
      onSubmit={(event) => {
        event.preventDefault();
        void finish();
      }}
      onKeyDown={(event) => {
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) void finish();
        else digits(event);
      }}
    >
      <fieldset aria-describedby={missing.value ? `${id}-missing` : undefined}>
        <legend class="label">{t("do.outcome")}</legend>
        {choices.map((one, place) => (
          <label key={one} class="choice">
            <input
              type="radio"
              name={`${id}-outcome`}
              value={one}
              {...(place === 0 ? { ref: first } : {})}
              checked={outcome.value === one}
              onChange={() => {
                outcome.value = one;
                missing.value = false;
              }}
            />
            {named("outcome", one)}
          </label>
        ))}
      </fieldset>
      <p role="alert" id={`${id}-missing`} class="missing small">
        {missing.value ? t("do.outcome.needed") : ""}
      </p>
      <label for={`${id}-note`}>{t("do.note")}</label>
      <textarea
        id={`${id}-note`}
        rows={2}
        maxLength={4000}
        value={note.value}
        onInput={(event) => {
          note.value = event.currentTarget.value;
        }}
      />
      <Minutes value={minutes} />
      <button type="submit" class="button first" disabled={busy.value}>
        {t("do.complete.do")}
      </button>
    </form>
  );
}
