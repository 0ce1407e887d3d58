// Work that somebody waits for longer than they should: who was told of it, step by step, and giving it
// to a colleague from here.
import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";

import { call } from "../../api/call";
import { when } from "../../shared/time";
import { isWord, named, t } from "../../shared/words";
import { Refused, useActing } from "../acting";
import { keyOf } from "../desk";
import { Area, Missing, Select } from "../fields";
import { Link } from "../link";
import { Part } from "./part";
import { colleagues, full, here, late, nameOf, next, read, readMore, type Late } from "./state";

export function Lateness() {
  return (
    <Part id="late" title={t("late.title")} lead={t("late.lead")}>
      {late.value?.length === 0 ? <p>{t("late.none")}</p> : null}
      <ul class="listed">
        {late.value?.map((one) => (
          <One key={one.item.id} of={one} />
        ))}
      </ul>
      {next.value === null ? null : (
        <button type="button" class="button" onClick={() => void readMore()}>
          {t("late.more")}
        </button>
      )}
    </Part>
  );
}

function One({ of }: { of: Late }) {
  const { item } = of;
  const zone = here();
  return (
    <li data-severity={item.severity}>
      <p>
        <strong class={`severity ${item.severity}`}>{named("severity", item.severity)}</strong>{" "}
        <Link to={{ at: "item", id: item.id }}>
          {item.patient == null ? named("subject", item.subject) : full(item.patient)}
        </Link>{" "}
        <span class="soft">{item.patient == null ? "" : named("subject", item.subject)}</span>
      </p>
      <p class="small">
        {t("late.due", { when: when(item.due_at, zone) })}
        {item.waiting_since == null
          ? ""
          : ` · ${t("late.since", { when: when(item.waiting_since, zone) })}`}
        {` · ${full(item.owner)}`}
      </p>
      <Told of={of} />
      <Give of={of} />
    </li>
  );
}

function Told({ of }: { of: Late }) {
  const zone = here();
  if (of.hops.length === 0) return null;
  const steps = [...new Set(of.hops.map((one) => one.step))];
  return (
    <details>
      <summary>{t("late.told", { n: of.hops.length })}</summary>
      <ol class="hops small">
        {steps.map((step) => {
          const told = of.hops.filter((one) => one.step === step);
          return (
            <li key={step}>
              {t("late.step", { n: step })}, {when(told[0]?.at ?? "", zone)}:{" "}
              {told.map((one) => full(one.staff)).join(", ")} ({why(told[0]?.why ?? "")})
            </li>
          );
        })}
      </ol>
      {of.held_until == null ? null : (
        <p class="small">{t("late.held", { when: when(of.held_until, zone) })}</p>
      )}
      {of.next_at == null || of.held_until != null ? null : (
        <p class="small">{t("late.next", { when: when(of.next_at, zone) })}</p>
      )}
    </details>
  );
}

function why(said: string): string {
  const [first = "", round] = said.split("; nobody took it on in round ");
  const word = `hop.${first}`;
  const words = isWord(word) ? t(word) : first;
  return round === undefined ? words : `${words}; ${t("late.round", { n: round })}`;
}

function Give({ of }: { of: Late }) {
  const { item } = of;
  const acting = useActing(read);
  const to = useSignal("");
  const reason = useSignal("");
  const lacks = useSignal(false);
  const fold = useRef<HTMLDetailsElement>(null);
  const others = (colleagues.value ?? []).filter(
    (one) => one.present && one.staff.id !== item.owner.id,
  );
  const give = async (): Promise<void> => {
    lacks.value = to.value === "" || reason.value.trim() === "";
    if (lacks.value) return;
    const body = { to: to.value, reason: reason.value.trim() };
    const asked = {
      path: { item_id: item.id },
      key: keyOf(`late ${item.id} ${item.version} ${JSON.stringify(body)}`),
      version: item.version,
    };
    const done = await acting.act(
      () => call("post", "/v1/queue/{item_id}/hand-over", { ...asked, body }),
      t("late.given", { name: nameOf(to.value) }),
    );
    if (done === undefined) return;
    if (fold.current !== null) fold.current.open = false;
    fold.current?.querySelector("summary")?.focus({ preventScroll: true });
    to.value = reason.value = "";
    await read();
  };
  return (
    <details ref={fold}>
      <summary>
        {t("late.give")}
        <span class="unseen">
          : {item.patient == null ? named("subject", item.subject) : full(item.patient)}
        </span>
      </summary>
      <form
        class="ask inset"
        onSubmit={(event) => {
          event.preventDefault();
          void give();
        }}
      >
        <Select
          label={t("late.to")}
          of={["", ...others.map((one) => one.staff.id)]}
          value={to}
          say={(id) => {
            const one = others.find((other) => other.staff.id === id);
            return one === undefined ? "–" : `${full(one.staff)} (${one.open_items})`;
          }}
        />
        <Area label={t("late.reason")} value={reason} most={2000} needed />
        <Missing id={`late-${item.id}`} words={lacks.value ? t("late.reason.needed") : null} />
        <Refused of={acting} />
        <button type="submit" class="button first" disabled={acting.busy.value}>
          {t("late.give")}
        </button>
      </form>
    </details>
  );
}
