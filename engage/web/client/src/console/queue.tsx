// The queue: the most severe and the soonest due first, as the server orders it. Rows can be picked,
// to take one step on many; that, and the lists one keeps, come with the rest of the work (work.ts).
import { useEffect } from "preact/hooks";

import type { Item } from "../api/call";
import { Moment } from "../shared/moment";
import {
  capital,
  clock,
  differ,
  minutesUntil,
  place,
  span,
  when,
  whole,
  type Zone,
} from "../shared/time";
import { named, t } from "../shared/words";
import {
  counts,
  FURTHER,
  loadMore,
  me,
  nameOf,
  next,
  openId,
  rows,
  show,
  shows,
  view,
  VIEWS,
  zone,
  zoneOf,
  type View,
} from "./desk";
import { optionOf } from "./instruments";
import { ownership } from "./owned";
import { pick, picked, picking, pickTo, stopPicking } from "./picking";
import { Present } from "./present";
import { addressOf, go } from "./route";
import { bringWork, listsShown, work } from "./work";

const SOON_MS = 600;

export function Queue() {
  const all = rows.value;
  const more = work.value;
  useEffect(() => {
    const timer = setTimeout(() => void bringWork(), SOON_MS);
    return () => {
      clearTimeout(timer);
    };
  }, []);
  return (
    <section class="pane queue" aria-labelledby="queue">
      <div class="pane-head">
        <div class="row spread">
          <h2 id="queue" tabIndex={-1}>
            {t("queue.title")}
          </h2>
          <Whose />
          <button
            type="button"
            class="button quiet small"
            aria-pressed={picking.value}
            onClick={() => {
              if (picking.value) stopPicking();
              else picking.value = true;
            }}
          >
            {t("pick")}
          </button>
        </div>
        <Views />
        {more !== undefined && picking.value ? <more.Bulk /> : null}
      </div>
      <div class="scroll">
        {more !== undefined && listsShown.value ? <more.Lists /> : null}
        {more !== undefined && picking.value ? <more.BulkForm /> : null}
        {all === undefined ? <p class="empty soft">{t("loading")}</p> : null}
        {all?.length === 0 ? (
          <div class="empty">
            <p>{t(view.value === "done-today" ? "queue.empty.done" : "queue.empty")}</p>
            <p class="soft small">{t("queue.empty.more")}</p>
          </div>
        ) : null}
        <ol class={picking.value ? "rows picking" : "rows"}>
          {all?.map((item) => (
            <Row key={item.id} item={item} />
          ))}
        </ol>
        {next.value === null ? null : (
          <button type="button" class="button" onClick={() => void loadMore()}>
            {t("queue.more")}
          </button>
        )}
      </div>
    </section>
  );
}

/** The lists at hand, with how much is in them; a further one stands among them while it is shown. */
function Views() {
  const kept = work.value?.kept.value ?? [];
  const keptOne = kept.find((one) => shows(one.view, one));
  const plain = shows(view.value);
  const further = FURTHER.filter((one) => one === view.value && plain);
  return (
    <div class="views" role="group" aria-label={t("view.label")}>
      {[...VIEWS, ...further].map((one) => (
        <button
          key={one}
          type="button"
          aria-pressed={plain && view.value === one}
          onClick={() => {
            show(one);
          }}
        >
          {t(`view.${one}`)}
          <Many of={one} />
        </button>
      ))}
      {plain ? null : (
        <button type="button" aria-pressed="true">
          {keptOne?.name ?? t("view.narrowed", { view: t(`view.${view.value}`) })}
        </button>
      )}
      <button
        type="button"
        class="further"
        aria-expanded={listsShown.value}
        onClick={() => {
          void bringWork();
          listsShown.value = !listsShown.value;
        }}
      >
        {t("view.further")}
      </button>
    </div>
  );
}

function Row({ item }: { item: Item }) {
  const by = zoneOf(item.practice_id);
  const chosen = picked.value.has(item.id);
  return (
    <li class={chosen ? "picked" : undefined}>
      {picking.value ? (
        <label class="pick">
          <input
            type="checkbox"
            checked={chosen}
            aria-label={t("pick.one", { name: nameOf(item) })}
            onClick={(event) => {
              if (event.shiftKey) pickTo(item.id);
              else pick(item.id);
            }}
          />
        </label>
      ) : null}
      <a
        href={addressOf(item.id)}
        class={`item ${item.severity}`}
        aria-current={openId.value === item.id ? "true" : undefined}
        onClick={(event) => {
          if (event.metaKey || event.ctrlKey || event.button !== 0) return;
          event.preventDefault();
          if (event.shiftKey) {
            pickTo(item.id);
            return;
          }
          go(item.id);
          focusCard();
        }}
      >
        <span class="row spread">
          <Severity of={item} />
          {item.closed_at === null ? <Due moment={item.due_at} zone={by} /> : <Ended item={item} />}
        </span>
        <span class="row">
          <strong class="who">{nameOf(item)}</strong>
          <span class="chip">{named("subject", item.subject)}</span>
          <Clinic of={item} />
        </span>
        <Said of={item} />
        {item.snoozed === null ? null : <Rests of={item} />}
        <span class="row spread last soft small">
          <span>{ownership(item)}</span>
          <Moment at={item.excerpt?.at ?? item.opened_at} zone={by} as="ago" />
        </span>
        <Present at={item.here} />
      </a>
    </li>
  );
}

/** Where the focus goes once this row has left the list: to the one below it. */
export function leaving(id: string): () => void {
  const all = [...document.querySelectorAll<HTMLAnchorElement>("a.item")];
  const here = all.findIndex((row) => row.getAttribute("href") === addressOf(id));
  const to = (all[here + 1] ?? all[here - 1])?.getAttribute("href");
  return () => {
    requestAnimationFrame(() => {
      const row = document.querySelector<HTMLAnchorElement>(`a.item[href="${to ?? ""}"]`);
      row?.focus();
      if (row === null || document.activeElement !== row) document.getElementById("doing")?.focus();
    });
  };
}

function Ended({ item }: { item: Item }) {
  return (
    <span class="due">
      {item.outcome === null ? "" : `${named("outcome", item.outcome)} · `}
      {when(item.closed_at ?? "", zoneOf(item.practice_id))}
    </span>
  );
}

/** Work that rests says until when. */
export function Rests({ of }: { of: Item }) {
  return <span class="rests small">{resting(of)}</span>;
}

export function resting(item: Item): string {
  const rest = item.snoozed;
  if (rest === null) return "";
  if (rest.until === null) return t("rests.reply");
  const moment = when(rest.until, zoneOf(item.practice_id));
  return t(rest.for_reply ? "rests.both" : "rests.until", { when: moment });
}

/** Focus goes where the reader goes: to the name at the head of the card, or to the pane in sight. */
export function focusCard(): void {
  requestAnimationFrame(() => {
    const card = document.getElementById("card");
    // On a narrow screen one pane is shown, and what is hidden takes no focus.
    (card?.checkVisibility() === true ? card : document.getElementById("doing"))?.focus();
  });
}

/** Which practice work is of, for who serves several. */
export function Clinic({ of }: { of: Item }) {
  const held = me.value?.memberships ?? [];
  const its = held.find((one) => one.practice_id === of.practice_id);
  if (held.every((one) => one.practice_id === of.practice_id)) return null;
  return <span class="soft small">{its?.practice_name}</span>;
}

export function Severity({ of }: { of: Item }) {
  return <span class={`severity ${of.severity}`}>{named("severity", of.severity)}</span>;
}

/** The first words of the text that it is about, and what a bare number stands for. */
function Said({ of }: { of: Item }) {
  const said = of.excerpt;
  if (said === null) return null;
  const option = optionOf(said.prompt, said.words);
  return (
    <span class="said">
      <q lang={of.patient?.language}>{said.words}</q>
      {option === null ? null : <span class="soft small"> {option}</span>}
    </span>
  );
}

/** How much is open in a view; the server stops counting at a hundred. */
function Many({ of }: { of: View }) {
  const many = counts.value?.[of] ?? 0;
  if (many === 0) return null;
  return (
    <>
      {" "}
      <span class={of === "crises" ? "many alarm" : "many"}>{many > 99 ? "99+" : many}</span>
    </>
  );
}

/** Whose clock the page goes by, where it is not the reader's own. */
function Whose() {
  const ours = zoneOf(undefined);
  if (ours === undefined || !differ(ours, undefined)) return null;
  return <p class="soft small">{t("time.place", { place: place(ours) })}</p>;
}

interface DueOf {
  moment: string;
  zone?: Zone;
  bare?: boolean;
}

export function Due({ moment, zone: own, bare }: DueOf) {
  const by = own ?? zone.value;
  const left = minutesUntil(moment);
  if (left < 0) return <span class="due over">{t("due.over", { span: span(left) })}</span>;
  const near = left < 12 * 60;
  // "In 20 min" says which day; the clock beside it need not.
  const at = near ? clock(moment, by) : when(moment, by);
  return (
    <time dateTime={moment} title={whole(moment, by)} class={left < 60 ? "due near" : "due"}>
      {bare === true ? capital(at) : t("due", { when: at })}
      {near ? ` · ${t("due.in", { span: span(left) })}` : ""}
    </time>
  );
}
