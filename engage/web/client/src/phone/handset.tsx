// One phone: whose it is, what went over it, and a field to write in.
import { signal, useComputed, useSignal } from "@preact/signals";
import { useEffect, useId, useRef } from "preact/hooks";

import { count } from "../shared/segments";
import { Moment } from "../shared/moment";
import { spaced } from "../shared/number";
import { isToday } from "../shared/time";
import { named, t } from "../shared/words";
import { away, phones, shown, threads, write, type Phone, type Text } from "./store";

/** What was begun on each phone; changing phones loses nothing. */
const drafts = signal<Record<string, string>>({});

export function Handset({ place }: { place: number }) {
  const number = shown.value[place];
  const phone = phones.value.find((one) => one.number === number);
  return phone === undefined ? null : <Shown phone={phone} place={place} />;
}

function Shown({ phone, place }: { phone: Phone; place: number }) {
  const texts = useComputed(() => threads.value[phone.number] ?? []);
  const end = useRef<HTMLOListElement>(null);
  const latest = texts.value.at(-1)?.id;
  useEffect(() => {
    end.current?.parentElement?.scrollTo({ top: end.current.scrollHeight });
  }, [latest, phone.number]);
  return (
    <section class="handset" aria-label={ownerOf(phone)} data-number={phone.number}>
      <header>
        <Whose phone={phone} place={place} />
        <p class="soft small">
          {roleOf(phone)} <span class="number">{spaced(phone.number)}</span>
        </p>
      </header>
      <div class="texts" tabIndex={0} role="region" aria-label={t("phone.thread", { name: ownerOf(phone) })}>
        {texts.value.length === 0 ? <p class="soft none">{t("phone.none")}</p> : null}
        <ol ref={end} aria-live="polite">
          {texts.value.map((text) => (
            <Bubble key={text.id} text={text} phone={phone} />
          ))}
        </ol>
      </div>
      <Composer phone={phone} />
    </section>
  );
}

function Whose({ phone, place }: { phone: Phone; place: number }) {
  const id = useId();
  const groups = [
    { label: t("phone.patients"), kind: "patient" },
    { label: t("phone.caregivers"), kind: "caregiver" },
    { label: t("phone.others"), kind: undefined },
  ];
  return (
    <>
      <label class="unseen" for={id}>
        {t("phone.whose")}
      </label>
      <select
        id={id}
        value={phone.number}
        onChange={(event) => {
          const next = [...shown.value];
          const chosen = event.currentTarget.value;
          const elsewhere = next.indexOf(chosen);
          // The same phone is not shown twice: the two change places.
          if (elsewhere >= 0) next[elsewhere] = phone.number;
          next[place] = chosen;
          shown.value = next;
        }}
      >
        {groups.map((group) => (
          <optgroup key={group.label} label={group.label}>
            {phones.value
              .filter((one) => one.people[0]?.kind === group.kind)
              .map((one) => (
                <option key={one.number} value={one.number}>
                  {ownerOf(one)}
                </option>
              ))}
          </optgroup>
        ))}
      </select>
    </>
  );
}

function Bubble({ text, phone }: { text: Text; phone: Phone }) {
  const segments =
    text.segments === 1 ? t("phone.segments.one") : t("phone.segments", { n: text.segments });
  const state = text.direction === "sent" ? t("phone.received") : named("state", text.state);
  return (
    <li class={`bubble ${text.direction}`}>
      <p class="body" lang={phone.people[0]?.language}>
        {text.body}
      </p>
      <p class="about">
        <Moment at={text.at} zone={phone.zone} as={isToday(text.at, phone.zone) ? "clock" : "when"} /> · <span class="state">{state}</span> ·{" "}
        <span>{segments}</span>
      </p>
    </li>
  );
}

function Composer({ phone }: { phone: Phone }) {
  const id = useId();
  const busy = useSignal(false);
  const failed = useSignal(false);
  const body = drafts.value[phone.number] ?? "";
  const { units, segments } = count(body);
  const draft = (words: string): void => {
    drafts.value = { ...drafts.value, [phone.number]: words };
  };
  const send = async (): Promise<void> => {
    if (body.trim() === "" || busy.value) return;
    busy.value = true;
    failed.value = false;
    try {
      await write(phone, body);
      draft("");
    } catch {
      failed.value = true;
    } finally {
      busy.value = false;
    }
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <label class="unseen" for={id}>
        {t("phone.write", { practice: phone.practice })}
      </label>
      <textarea
        id={id}
        rows={2}
        maxLength={1600}
        placeholder={t("phone.write", { practice: phone.practice })}
        value={body}
        lang={phone.people[0]?.language}
        aria-describedby={`${id}-cost`}
        onInput={(event) => {
          draft(event.currentTarget.value);
        }}
        onKeyDown={(event) => {
          if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
            event.preventDefault();
            void send();
          }
        }}
      />
      <div class="row">
        <p class="soft small cost" id={`${id}-cost`}>
          {failed.value
            ? t("phone.away")
            : body === ""
              ? ""
              : t(segments === 1 ? "reply.cost.one" : "reply.cost", { units, segments })}
        </p>
        <button class="button first" type="submit" disabled={busy.value || away.value}>
          {t("phone.send")}
        </button>
      </div>
    </form>
  );
}

function ownerOf(phone: Phone): string {
  const [first, second] = phone.people;
  if (first === undefined) return t("phone.stranger");
  if (second === undefined) return `${first.given_name} ${first.family_name}`;
  const given = phone.people.map((one) => one.given_name).join(" + ");
  return `${given} ${first.family_name}`;
}

function roleOf(phone: Phone): string {
  const [first, second] = phone.people;
  if (first === undefined) return "";
  if (second !== undefined) return `${t("phone.shared")} ·`;
  const said =
    first.kind === "patient"
      ? t("phone.patient")
      : t("phone.caregiver", { relationship: first.relationship ?? "", name: first.of ?? "" });
  const role = said.charAt(0).toLocaleUpperCase() + said.slice(1);
  return `${role} · ${named("language", first.language)} ·`;
}
