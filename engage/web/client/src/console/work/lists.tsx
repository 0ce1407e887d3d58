// Every list there is, with how much is in it; those of one's own; what a list is narrowed to; and
// in which order it is shown.
import { useSignal } from "@preact/signals";
import { useEffect, useId } from "preact/hooks";

import { named, t, type Word } from "../../shared/words";
import {
  counts,
  filter,
  FURTHER,
  items,
  order,
  said,
  show,
  shows,
  sortBy,
  view,
  VIEWS,
  type Filter,
  type Order,
  type View,
} from "../desk";
import { Link } from "../link";
import { listsShown } from "../work";
import { colleagues, readColleagues } from "./colleagues";
import { kept, keepAll, MOST } from "./kept";

const SEVERITIES = ["crisis", "possible", "urgent", "routine"] as const;
const ORDERS: Order[] = ["due", "waiting"];
/** What a list is often narrowed to; others come with what is on the page. */
const SUBJECTS = [
  "crisis",
  "help",
  "texts",
  "silence",
  "sender",
  "delivery",
  "discharge-call",
  "visit-change",
  "visit-question",
  "visit-missed",
  "need:food-insecurity",
  "need:transportation-insecurity",
  "need:housing-instability",
];

export function Lists() {
  useEffect(() => {
    if (colleagues.value === undefined) void readColleagues();
    // They open above the rows: whoever has scrolled down would see nothing happen.
    document.getElementById("lists")?.scrollIntoView({ block: "nearest" });
  }, []);
  return (
    <section class="lists" aria-labelledby="lists">
      <h3 id="lists">{t("lists.title")}</h3>
      <ul class="all-lists">
        {[...VIEWS, ...FURTHER].map((one) => (
          <li key={one}>
            <button
              type="button"
              aria-current={shows(one) ? "true" : undefined}
              onClick={() => {
                go(one);
              }}
            >
              <span>{t(`view.${one}`)}</span>
              <Many of={one} />
            </button>
          </li>
        ))}
        {kept.value.map((one) => (
          <li key={one.name}>
            <button
              type="button"
              aria-current={shows(one.view, one) ? "true" : undefined}
              onClick={() => {
                go(one.view, one);
              }}
            >
              <span>{one.name}</span>
            </button>
          </li>
        ))}
      </ul>
      <Narrow />
      <Own />
      <Link to={{ at: "replies" }} class="button quiet small">
        {t("replies.open")}
      </Link>
    </section>
  );
}

function go(which: View, narrowed?: Filter): void {
  listsShown.value = false;
  show(which, narrowed);
  document.getElementById("queue")?.focus();
}

function Many({ of }: { of: View }) {
  const many = counts.value?.[of] ?? 0;
  return <span class="soft">{many > 99 ? "99+" : many}</span>;
}

function Narrow() {
  const now = filter.value;
  const people = new Map(
    (colleagues.value ?? []).map((one) => [
      one.staff.id,
      `${one.staff.given_name} ${one.staff.family_name}`,
    ]),
  );
  const subjects = [...new Set([...SUBJECTS, ...(items.value ?? []).map((item) => item.subject)])];
  const narrow = (change: Partial<Filter>): void => {
    show(view.value, { ...now, ...change });
  };
  return (
    <div class="pair">
      <Pick
        word="lists.owner"
        value={now.owner ?? ""}
        of={[...people].map(([id, name]) => [id, name])}
        onPick={(owner) => {
          narrow({ owner });
        }}
      />
      <Pick
        word="lists.severity"
        value={now.severity ?? ""}
        of={SEVERITIES.map((one) => [one, named("severity", one)])}
        onPick={(one) => {
          narrow({ severity: SEVERITIES.find((known) => known === one) ?? null });
        }}
      />
      <Pick
        word="lists.subject"
        value={now.subject ?? ""}
        of={subjects.map((one) => [one, named("subject", one)])}
        onPick={(subject) => {
          narrow({ subject });
        }}
      />
      <Pick
        word="lists.order"
        value={order.value}
        of={ORDERS.map((one) => [one, t(`order.${one}`)])}
        onPick={(one) => {
          sortBy(ORDERS.find((known) => known === one) ?? "due");
        }}
        always
      />
    </div>
  );
}

interface PickOf {
  word: Word;
  value: string;
  of: [string, string][];
  onPick: (one: string | null) => void;
  always?: boolean;
}

function Pick({ word, value, of, onPick, always }: PickOf) {
  const id = useId();
  return (
    <div>
      <label for={id}>{t(word)}</label>
      <select
        id={id}
        value={value}
        onChange={(event) => {
          onPick(event.currentTarget.value || null);
        }}
      >
        {always === true ? null : <option value="">{t("lists.any")}</option>}
        {of.map(([one, name]) => (
          <option key={one} value={one}>
            {name}
          </option>
        ))}
      </select>
    </div>
  );
}

/** Keep what is shown under a name; or name it anew, or let it go. */
function Own() {
  const id = useId();
  const here = kept.value.find((one) => shows(one.view, one));
  const name = useSignal("");
  const told = useSignal<Word | null>(null);
  useEffect(() => {
    name.value = here?.name ?? "";
    told.value = null;
  }, [here?.name]);
  if (here === undefined && shows(view.value)) return null;
  const save = async (): Promise<void> => {
    const words = name.value.trim();
    const others = kept.value.filter((one) => one !== here);
    told.value =
      words === ""
        ? "lists.name.missing"
        : others.some((one) => one.name === words)
          ? "lists.name.taken"
          : others.length >= MOST
            ? "lists.full"
            : null;
    if (told.value !== null) return;
    const now = { ...filter.value, view: view.value, name: words };
    const all = here === undefined ? [...others, now] : kept.value.map((one) => (one === here ? now : one));
    if (await keepAll(all)) said.value = t("lists.kept", { name: words });
  };
  return (
    <form
      class="ask"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <label for={id}>{t(here === undefined ? "lists.name" : "lists.rename")}</label>
      <input
        id={id}
        maxLength={60}
        autocomplete="off"
        value={name.value}
        onInput={(event) => {
          name.value = event.currentTarget.value;
        }}
      />
      <p role="alert" class="missing small">
        {told.value === null ? "" : t(told.value)}
      </p>
      <div class="row">
        <button type="submit" class="button small">
          {t("lists.keep")}
        </button>
        {here === undefined ? null : (
          <button
            type="button"
            class="button quiet small"
            onClick={() => void keepAll(kept.value.filter((one) => one !== here))}
          >
            {t("lists.drop", { name: here.name })}
          </button>
        )}
      </div>
    </form>
  );
}
