// The same step on every row that is picked. Each is done by itself; what was refused stays picked,
// and says why. A crisis, and what may be one, is never closed like this.
import { batch, signal, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import { call, type Item, type Outcome, type Schema } from "../../api/call";
import { ago } from "../../shared/time";
import { isWord, named, t } from "../../shared/words";
import { attempt, items, loadCard, loadQueue, nameOf, rows, said, zoneOf } from "../desk";
import { OUTCOMES } from "../deeds";
import { Choice } from "../fields";
import { pickAll, picked, picking, stopPicking } from "../picking";
import { Giving } from "./colleagues";
import { StepForm } from "./form";
import { RestForm } from "./snooze";

type StepIn = Schema["BulkIn"]["step"];
type Kind = "hand-over" | "snooze" | "complete";

interface Became {
  id: string;
  name: string;
  subject: string;
  /** Why not, in words; null if it was done. */
  why: string | null;
}

const open = signal<Kind | null>(null);
const became = signal<Became[] | null>(null);
const busy = signal(false);
const MOST = 100;

picking.subscribe((on) => {
  if (on) return;
  batch(() => {
    open.value = null;
    became.value = null;
  });
});

export function Bulk() {
  const many = picked.value.size;
  const button = (kind: Kind, words: string) => (
    <button
      type="button"
      class="button small"
      aria-expanded={open.value === kind}
      aria-disabled={many === 0}
      onClick={() => {
        if (many > 0) open.value = open.value === kind ? null : kind;
      }}
    >
      {words}
    </button>
  );
  return (
    <div class="bulk" role="group" aria-label={t("pick")}>
      <p class="row spread">
        <strong role="status">{t(many === 1 ? "pick.many.one" : "pick.many", { n: many })}</strong>
        <button type="button" class="button quiet small" onClick={pickAll}>
          {t("pick.all", { n: rows.value?.length ?? 0 })}
        </button>
      </p>
      <div class="row">
        <button
          type="button"
          class="button small"
          aria-disabled={many === 0 || busy.value}
          onClick={() => void run({ type: "claim" })}
        >
          {t("do.claim")}
        </button>
        {button("hand-over", t("step.hand-over"))}
        {button("snooze", t("step.snooze"))}
        {button("complete", t("do.complete"))}
      </div>
    </div>
  );
}

/** The form of the step, and what became of each: with the rows, so that it scrolls with them. */
export function BulkForm() {
  const chosen = (rows.value ?? []).filter((item) => picked.value.has(item.id));
  const practices = new Set(chosen.map((item) => item.practice_id));
  const practice = practices.size === 1 ? [...practices][0] : undefined;
  const leave = (): void => {
    open.value = null;
  };
  switch (chosen.length === 0 ? null : open.value) {
    case "hand-over":
      return (
        <Giving
          practice={practice}
          owner={undefined}
          busy={busy.value}
          onGive={(to, reason) => void run({ type: "hand-over", to, reason })}
          onLeave={leave}
        />
      );
    case "snooze":
      return (
        <RestForm
          again={null}
          by={zoneOf(practice)}
          busy={busy.value}
          onRest={(rest) => void run({ type: "snooze", ...rest })}
          onLeave={leave}
        />
      );
    case "complete":
      return <Finish many={chosen.length} onLeave={leave} />;
    case null:
      return became.value === null ? null : <Results of={became.value} />;
  }
}

function Finish({ many, onLeave }: { many: number; onLeave: () => void }) {
  const outcome = useSignal<Outcome | null>(null);
  const missing = useSignal(false);
  return (
    <StepForm
      label={t("do.complete")}
      go={t("pick.complete", { n: many })}
      busy={busy.value}
      onDo={() => {
        missing.value = outcome.value === null;
        if (outcome.value !== null) void run({ type: "complete", outcome: outcome.value });
      }}
      onLeave={onLeave}
    >
      <Choice
        legend={t("do.outcome")}
        of={OUTCOMES}
        value={outcome}
        say={(one) => named("outcome", one)}
      />
      <p role="alert" class="missing small">
        {missing.value ? t("do.outcome.needed") : ""}
      </p>
      <p class="soft small">{t("pick.grave")}</p>
    </StepForm>
  );
}

async function run(step: StepIn): Promise<void> {
  const chosen = new Map(
    (items.value ?? []).filter((item) => picked.value.has(item.id)).map((item) => [item.id, item]),
  );
  if (busy.value || chosen.size === 0) return;
  busy.value = true;
  const out = await attempt(() =>
    call("post", "/v1/queue/bulk", { body: { items: [...chosen.keys()].slice(0, MOST), step } }),
  ).finally(() => {
    busy.value = false;
  });
  if (out === undefined) return;
  batch(() => {
    became.value = out.results.map((one) => told(one, chosen.get(one.id)));
    picked.value = new Set(out.results.filter((one) => one.problem !== null).map((one) => one.id));
    open.value = null;
    said.value = t("pick.done", { n: out.done, of: out.results.length });
  });
  await Promise.all([loadQueue(), loadCard()]);
}

function told(one: Schema["BulkResult"], item: Item | undefined): Became {
  return {
    id: one.id,
    name: item === undefined ? "" : nameOf(item),
    subject: item === undefined ? "" : named("subject", item.subject),
    why: one.problem == null ? null : wordsOf(one.problem, item),
  };
}

function wordsOf(problem: Schema["Problem"], item: Item | undefined): string {
  const holder = problem.held_by;
  if (holder?.name != null && holder.since !== null) {
    return t("do.lost", { name: holder.name, when: ago(holder.since, zoneOf(item?.practice_id)) });
  }
  const word = `refused.${problem.code}`;
  if (problem.code === "already-claimed") return t("do.lost.nobody");
  return isWord(word) ? t(word) : problem.detail;
}

function Results({ of }: { of: Became[] }) {
  const head = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    head.current?.focus();
  }, [of]);
  const done = of.filter((one) => one.why === null).length;
  return (
    <section class="became" aria-labelledby="became">
      <h3 id="became" tabIndex={-1} ref={head}>
        {t("pick.done", { n: done, of: of.length })}
      </h3>
      <ul>
        {of
          .toSorted((one, other) => Number(one.why === null) - Number(other.why === null))
          .map((one) => (
            <li key={one.id} class={one.why === null ? "done" : "not"}>
              <strong>{one.name}</strong> · {one.subject}
              <br />
              <span class="small">{one.why ?? t("pick.ok")}</span>
            </li>
          ))}
      </ul>
      <button type="button" class="button small" onClick={stopPicking}>
        {t("pick.end")}
      </button>
    </section>
  );
}
