// A crisis: who has it and who is told next, what left by itself, who was told and whether it came,
// and how it ends. It is never closed without what became of the person.
import type { ComponentChildren } from "preact";

import type { ItemDetail, Outcome } from "../../api/call";
import { language } from "../../shared/look";
import { Moment } from "../../shared/moment";
import { clock } from "../../shared/time";
import { isWord, named, t } from "../../shared/words";
import { Call } from "../deeds";
import { closed, held, likely, mine, patient, step, texts, zone } from "../desk";
import { Acknowledge } from "../told";
import { Countdown } from "./countdown";
import { explanation } from "./known";

type Paging = NonNullable<ItemDetail["paging"]>;
type Page = Paging["pages"][number];
type Person = Page["staff"];

const ENDS: Outcome[] = ["called-911", "reached-patient", "reached-caregiver", "could-not-reach"];
const LOST = new Set(["failed", "undelivered", "refused", "expired", "withdrawn", "canceled"]);
const MOST_NAMES = 3;

export function Crisis({ item }: { item: ItemDetail }) {
  const open = !closed.value;
  return (
    <section class={`grave ${item.severity}`} aria-labelledby="told">
      <h3 id="told">{t(item.severity === "crisis" ? "crisis.title" : "crisis.title.possible")}</h3>
      {open && item.paging !== null ? <Clock paging={item.paging} /> : null}
      {open ? (
        <div class="row">
          <Acknowledge item={item} />
          <Call />
        </div>
      ) : null}
      {open && item.severity === "crisis" ? <p class="small">{t("do.crisis")}</p> : null}
      {item.patient === null && item.thread_id === null ? null : <Left />}
      {item.paging === null ? null : <Pages pages={item.paging.pages} />}
      {open && !(held.value && !mine.value) ? <Ends /> : null}
    </section>
  );
}

/** Who has it, and who is told next if nobody has. */
function Clock({ paging }: { paging: Paging }) {
  const by = paging.acknowledged_by;
  const coming = explanation.value?.next_told ?? null;
  const at = paging.next_at;
  const names = coming === null ? t("crisis.next.somebody") : listed(coming.staff);
  return (
    <div class="clock">
      {by === null || paging.acknowledged_at === null ? null : (
        <p class="notice done">
          <strong>{t("told.taken", { name: nameOf(by) })}</strong>{" "}
          <span class="small">
            <Moment at={paging.acknowledged_at} zone={zone.value} as="ago" />
          </span>
        </p>
      )}
      {at === null ? (
        <p>{t("crisis.next.nobody")}</p>
      ) : (
        <p class={by === null ? "next" : "small"}>
          <Filled
            words={t(by === null ? "crisis.next" : "crisis.next.again", { names, in: "\n" })}
          >
            <Countdown
              to={at}
              zone={zone.value}
              last={t("crisis.next.minute", { names, when: clock(at, zone.value) })}
            />
          </Filled>
        </p>
      )}
    </div>
  );
}

/** A sentence with something that moves in it, where the line breaks. */
function Filled({ words, children }: { words: string; children: ComponentChildren }) {
  const [before, after] = words.split("\n");
  return (
    <>
      {before}
      {children}
      {after}
    </>
  );
}

/** What left by itself: the words, and whether they came. */
function Left() {
  const left = explanation.value?.left;
  if (left === undefined) return null;
  return (
    <>
      <h4>{t("left.title")}</h4>
      {left.length === 0 ? <p class="soft small">{t("left.none")}</p> : null}
      <ul class="left">
        {left.map((one) => {
          // The thread hears first what became of it.
          const state = texts.value.find((text) => text.id === one.id)?.state ?? one.state;
          return (
            <li key={one.id}>
              <p class="small">
                <strong>{named("left", one.what)}</strong> ·{" "}
                <span class={LOST.has(state) ? "missing" : "soft"}>{named("state", state)}</span> ·{" "}
                <span class="soft">
                  <Moment at={one.state_at ?? one.at} zone={zone.value} as="ago" />
                </span>
              </p>
              <blockquote class="small" lang={patient.value?.language}>
                {one.body}
              </blockquote>
              {LOST.has(state) ? <p class="missing small">{t("left.lost")}</p> : null}
            </li>
          );
        })}
      </ul>
    </>
  );
}

/** Who was told, the newest step last: each person once a step, by every way. */
function Pages({ pages }: { pages: Page[] }) {
  const steps = new Map<string, Page[]>();
  for (const page of pages) {
    const key = `${page.at} ${page.staff.id}`;
    steps.set(key, [...(steps.get(key) ?? []), page]);
  }
  return (
    <>
      <h4>{t("told.title")}</h4>
      {pages.length === 0 ? <p class="soft small">{t("told.nobody")}</p> : null}
      <ol class="told">
        {[...steps].map(([key, ways]) => {
          const [first] = ways;
          if (first === undefined) return null;
          return (
            <li key={key}>
              <strong>{nameOf(first.staff)}</strong>{" "}
              <span class="soft small">
                {because(first.why)} · <Moment at={first.at} zone={zone.value} as="ago" />
              </span>
              <ul class="ways small">
                {ways.map((page) => (
                  <li key={page.channel}>
                    {named("channel", page.channel)}:{" "}
                    <span class={page.status === "refused" ? "missing" : ""}>
                      {named("page", page.status)}
                    </span>
                  </li>
                ))}
              </ul>
            </li>
          );
        })}
      </ol>
    </>
  );
}

/** How it ended: a press opens the form with that chosen; a note and minutes may go along. */
function Ends() {
  const choose = (one: Outcome): void => {
    likely.value = one;
    step.value = null;
    // A form that is open already begins anew with it.
    requestAnimationFrame(() => {
      step.value = "finish";
    });
  };
  return (
    <fieldset class="ends">
      <legend>{t("crisis.ends")}</legend>
      <div class="row">
        {ENDS.map((one) => (
          <button
            key={one}
            type="button"
            class="button small"
            onClick={() => {
              choose(one);
            }}
          >
            {named("outcome", one)}
          </button>
        ))}
      </div>
    </fieldset>
  );
}

const nameOf = (one: Person): string => `${one.given_name} ${one.family_name}`.trim();

function listed(staff: Person[]): string {
  if (staff.length === 0) return t("crisis.next.somebody");
  if (staff.length > MOST_NAMES) return t("crisis.next.all", { n: staff.length });
  return new Intl.ListFormat(language.value).format(staff.map(nameOf));
}

/** The server's reason in the reader's language: "owns the item; nobody took it on in round 2". */
function because(words: string): string {
  const [first = "", more = ""] = words.split("; ");
  const word = `paged.${first}`;
  const round = /(\d+)$/.exec(more)?.[1];
  const reason = isWord(word) ? t(word) : first;
  return round === undefined ? reason : `${reason} · ${t("paged.round", { n: round })}`;
}
