// The queue: the most severe and the soonest due first, as the server orders it.
import type { Item } from "../api/call";
import { minutesUntil, span, when } from "../shared/time";
import { named, t } from "../shared/words";
import { items, loadMore, me, nameOf, next, openId, show, view, VIEWS } from "./desk";
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
          <p class="soft small">
            {rows === undefined
              ? ""
              : t(next.value === null ? "queue.count" : "queue.count.more", { n: rows.length })}
          </p>
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
          <Due moment={item.due_at} />
        </span>
        <span class="row">
          <strong class="who">{nameOf(item)}</strong>
          <span class="chip">{named("subject", item.subject)}</span>
        </span>
        <span class="soft small">{ownership(item)}</span>
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

export function Due({ moment, bare }: { moment: string; bare?: boolean }) {
  const left = minutesUntil(moment);
  if (left < 0) return <span class="due over">{t("due.over", { span: span(left) })}</span>;
  const near = left < 12 * 60 ? ` · ${t("due.in", { span: span(left) })}` : "";
  return (
    <span class={left < 60 ? "due near" : "due"}>
      {bare === true ? when(moment) : t("due", { when: when(moment) })}
      {near}
    </span>
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
