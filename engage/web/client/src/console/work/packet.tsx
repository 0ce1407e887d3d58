// What whoever takes work on must know: needs that are open, what was promised, what nobody has
// answered, what has yet to leave, the next visit. Reading it answers nothing.
import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";

import { call, type ItemDetail, type Schema } from "../../api/call";
import { Moment } from "../../shared/moment";
import { when } from "../../shared/time";
import { named, t, type Word } from "../../shared/words";
import { attempt, patient, zone } from "../desk";
import { Link } from "../link";

type Told = Schema["HandoverOut"];

export function Packet({ item }: { item: ItemDetail }) {
  const told = useSignal<Told | undefined>(undefined);
  useEffect(() => {
    void attempt(() =>
      call("get", "/v1/queue/{item_id}/handover", { path: { item_id: item.id } }),
    ).then((found) => {
      told.value = found;
    });
  }, [item.id, item.version]);
  const now = told.value;
  if (now === undefined) return <p class="soft small">{t("loading")}</p>;
  return (
    <dl class="packet small">
      <Part word="packet.needs" of={now.open_needs}>
        {(one) => (
          <li key={one.id}>
            {named("subject", `need:${one.domain}`)} · {named("packet.need", one.status)}
          </li>
        )}
      </Part>
      <Part word="packet.promises" of={now.promises}>
        {(one) => (
          <li key={one.id}>
            <q>{one.body}</q>{" "}
            <span class="soft">
              {one.staff.given_name} · <Moment at={one.at} zone={zone.value} as="ago" />
            </span>
          </li>
        )}
      </Part>
      <Part word="packet.unanswered" of={now.unanswered}>
        {(one) => (
          <li key={one.id}>
            <q lang={patient.value?.language}>{one.body}</q>{" "}
            <span class="soft">
              <Moment at={one.at} zone={zone.value} as="ago" />
            </span>
          </li>
        )}
      </Part>
      <Part word="packet.scheduled" of={now.scheduled}>
        {(one) => (
          <li key={one.id}>
            <q>{one.body}</q>
          </li>
        )}
      </Part>
      <Part word="packet.other" of={now.other_work}>
        {(id, place) => (
          <li key={id}>
            <Link to={{ at: "item", id }}>{t("packet.item", { n: place + 1 })}</Link>
          </li>
        )}
      </Part>
      <div>
        <dt>{t("packet.visit")}</dt>
        <dd>
          {now.next_visit?.starts_at == null
            ? t("packet.none")
            : `${when(now.next_visit.starts_at, now.next_visit.zone)}${now.next_visit.what === null ? "" : ` · ${now.next_visit.what}`}`}
        </dd>
      </div>
    </dl>
  );
}

interface Of<T> {
  word: Word;
  of: readonly T[];
  children: (one: T, place: number) => ComponentChildren;
}

function Part<T>({ word, of, children }: Of<T>) {
  return (
    <div>
      <dt>{t(word)}</dt>
      <dd>{of.length === 0 ? t("packet.none") : <ul>{of.map(children)}</ul>}</dd>
    </div>
  );
}
