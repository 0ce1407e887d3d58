// The queue: the most severe and the soonest due first, as the server orders it.
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
  items,
  loadMore,
  me,
  nameOf,
  next,
  openId,
  show,
  view,
  VIEWS,
  zone,
  zoneOf,
  type View,
} from "./desk";
import { optionOf } from "./instruments";
import { addressOf, go } from "./route";

export function Queue() {
  const rows = items.value;
  return (
    <section class="pane queue" aria-labelledby="queue">
      <div class="pane-head">
        <div class="row spread">
          <h2 id="queue" tabIndex={-1}>
            {t("queue.title")}
          </h2>
          <Whose />
        </div>
        <div class="views" role="group" aria-label={t("view.label")}>
          {VIEWS.map((one) => (
            <button
              key={one}
              type="button"
              aria-pressed={view.value === one}
              onClick={() => {
                show(one);
              }}
            >
              {t(`view.${one}`)}
              <Many of={one} />
            </button>
          ))}
        </div>
      </div>
      <div class="scroll">
        {rows === undefined ? <p class="empty soft">{t("loading")}</p> : null}
        {rows?.length === 0 ? (
          <div class="empty">
            <p>{t("queue.empty")}</p>
            <p class="soft small">{t("queue.empty.more")}</p>
          </div>
        ) : null}
        <ol class="rows">{rows?.map((item) => <Row key={item.id} item={item} />)}</ol>
        {next.value === null ? null : (
          <button type="button" class="button" onClick={() => void loadMore()}>
            {t("queue.more")}
          </button>
        )}
      </div>
    </section>
  );
}

function Row({ item }: { item: Item }) {
  return (
    <li>
      <a
        href={addressOf(item.id)}
        class={`item ${item.severity}`}
        aria-current={openId.value === item.id ? "true" : undefined}
        onClick={(event) => {
          if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
          event.preventDefault();
          go(item.id);
          focusCard();
        }}
      >
        <span class="row spread">
          <Severity of={item} />
          <Due moment={item.due_at} zone={zoneOf(item.practice_id)} />
        </span>
        <span class="row">
          <strong class="who">{nameOf(item)}</strong>
          <span class="chip">{named("subject", item.subject)}</span>
        </span>
        <Said of={item} />
        <span class="row spread last soft small">
          <span>{ownership(item)}</span>
          <Moment
            at={item.excerpt?.at ?? item.opened_at}
            zone={zoneOf(item.practice_id)}
            as="ago"
          />
        </span>
      </a>
    </li>
  );
}

/** Focus goes where the reader goes: to the name at the head of the card. */
export function focusCard(): void {
  requestAnimationFrame(() => document.getElementById("card")?.focus());
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
      <q>{said.words}</q>
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

export function ownership(item: Item): string {
  const own = item.owner.id === me.value?.id;
  const name = `${item.owner.given_name} ${item.owner.family_name}`;
  if (item.status === "in-progress") {
    return own ? t("claimed.you") : t("claimed.by", { name });
  }
  const why = named("because", item.owner_why);
  return `${own ? t("owner.you") : t("owner.by", { name })} · ${why}`;
}
