// Leave: one's own, or as who directs the work anybody's. What would move is said before it is entered.
import { useSignal, type Signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import { call, type Schema } from "../../api/call";
import { now, when } from "../../shared/time";
import { moment, onWall } from "../../shared/wall";
import { t } from "../../shared/words";
import { Refused, useActing, type Acting } from "../acting";
import { keyOf, me } from "../desk";
import { Field, Missing, Select } from "../fields";
import { Fold } from "../fold";
import { Part } from "./part";
import { colleagues, full, here, leave, mayDirect, nameOf, practice, read, type Leave } from "./state";

type Preview = Schema["LeavePreview"];
const DAY_MS = 86_400_000;
const REST_MS = 400;

export function Leaves() {
  return (
    <Part
      id="leave"
      title={t("leave.title")}
      lead={t(mayDirect() ? "leave.lead.directing" : "leave.lead")}
    >
      <Add key={practice.value} />
      {leave.value.length === 0 ? <p>{t("leave.none")}</p> : null}
      <ul class="listed" aria-label={t("leave.list")}>
        {leave.value.map((one) => (
          <One key={one.id} of={one} />
        ))}
      </ul>
    </Part>
  );
}

interface Wanted {
  who: Signal<string>;
  cover: Signal<string>;
  from: Signal<string>;
  until: Signal<string>;
}

/** The day after tomorrow's midnight and the one after it, for a leave that is new. */
function useWanted(of: Leave | null): Wanted {
  const zone = here();
  const today = onWall(now.peek(), zone).slice(0, 10);
  const day = (ahead: number): string =>
    `${new Date(Date.parse(today) + ahead * DAY_MS).toISOString().slice(0, 10)}T00:00`;
  return {
    who: useSignal(of?.absent_id ?? me.value?.id ?? ""),
    cover: useSignal(of?.cover_id ?? ""),
    from: useSignal(of === null ? day(1) : onWall(Date.parse(of.from_at), zone)),
    until: useSignal(of === null ? day(2) : onWall(Date.parse(of.until_at), zone)),
  };
}

function said({ who, cover, from, until }: Wanted) {
  const zone = here();
  const begins = moment(from.value, zone);
  const ends = moment(until.value, zone);
  if (who.value === "" || cover.value === "" || begins === null || ends === null) return null;
  return { absent_id: who.value, cover_id: cover.value, from_at: begins, until_at: ends };
}

function Fields({ of, begun, other }: { of: Wanted; begun: boolean; other: boolean }) {
  const people = colleagues.value ?? [];
  const ids = people.map((one) => one.staff.id);
  return (
    <>
      {other ? (
        <Select label={t("leave.who")} of={ids} value={of.who} say={nameOf} />
      ) : null}
      <Select
        label={t("leave.cover")}
        of={["", ...ids.filter((id) => id !== of.who.value)]}
        value={of.cover}
        say={(id) => (id === "" ? "–" : nameOf(id))}
      />
      <div class="pair">
        {begun ? null : (
          <Field label={t("leave.from")} type="datetime-local" value={of.from} needed />
        )}
        <Field label={t("leave.until")} type="datetime-local" value={of.until} needed />
      </div>
      <Foretold of={of} />
    </>
  );
}

/** What would move, as soon as enough is said to ask. */
function Foretold({ of }: { of: Wanted }) {
  const found = useSignal<Preview | undefined>(undefined);
  const wanted = said(of);
  const asked = wanted === null ? "" : JSON.stringify(wanted);
  useEffect(() => {
    found.value = undefined;
    if (wanted === null || wanted.from_at >= wanted.until_at) return undefined;
    const query = {
      staff: wanted.absent_id,
      cover: wanted.cover_id,
      from: wanted.from_at,
      until: wanted.until_at,
      practice: practice.value,
    };
    let late = false;
    const timer = setTimeout(() => {
      // What can't be foretold is refused in words when it is entered.
      void call("get", "/v1/covers/preview", { query })
        .then((one) => {
          if (!late) found.value = one;
        })
        .catch(() => undefined);
    }, REST_MS);
    return () => {
      late = true;
      clearTimeout(timer);
    };
  }, [asked]);
  return (
    <p class="foretold" role="status">
      {found.value === undefined ? "" : told(found.value)}
    </p>
  );
}

function told(of: Preview): string {
  if (of.items === 0) return t("leave.nothing");
  const goes = of.goes
    .map((one) => t("leave.goes", { n: one.items, name: full(one.staff) }))
    .join(", ");
  const moves = of.items - of.stays;
  const first =
    moves === 0 ? "" : t("leave.moves", { items: moves, crises: of.crises, goes });
  return [first, of.stays === 0 ? "" : t("leave.stays", { n: of.stays })].filter(Boolean).join(" ");
}

function Add() {
  const acting = useActing();
  const wanted = useWanted(null);
  const lacks = useSignal(false);
  const save = async (): Promise<boolean> => {
    const body = said(wanted);
    lacks.value = body === null;
    if (body === null) return false;
    const whole = { ...body, practice_id: practice.value };
    const key = keyOf(`leave ${JSON.stringify(whole)}`);
    const made = await acting.act(
      () => call("post", "/v1/covers", { body: whole, key }),
      t("leave.saved"),
    );
    if (made === undefined) return false;
    wanted.cover.value = "";
    await read();
    return true;
  };
  return (
    <Fold
      title={t("leave.add")}
      act={t("leave.save")}
      acting={acting}
      lacks={lacks.value ? t("leave.lacks") : null}
      save={save}
    >
      <Fields of={wanted} begun={false} other={mayDirect()} />
    </Fold>
  );
}

function One({ of }: { of: Leave }) {
  const acting = useActing(read);
  const changing = useSignal(false);
  const zone = here();
  const begun = Date.parse(of.from_at) <= now.value;
  const mine = of.absent_id === me.value?.id || mayDirect();
  const end = async (): Promise<void> => {
    const path = { cover_id: of.id };
    const body = { end_now: true };
    const done = await acting.act(
      () => call("patch", "/v1/covers/{cover_id}", { path, body }),
      t("leave.ended"),
    );
    if (done === undefined) return;
    await read();
    document.getElementById("team-leave-title")?.focus({ preventScroll: true });
  };
  return (
    <li>
      <p>
        <strong>{nameOf(of.absent_id)}</strong>
        {begun ? ` · ${t("leave.now")}` : ""}
      </p>
      <p class="small">
        {t("leave.span", { from: when(of.from_at, zone), until: when(of.until_at, zone) })} ·{" "}
        {t("here.covers", { name: nameOf(of.cover_id) })}
      </p>
      <Refused of={acting} />
      {mine ? (
        <div class="row">
          <button
            type="button"
            class="button small"
            aria-expanded={changing.value}
            onClick={() => {
              changing.value = !changing.value;
            }}
          >
            {t("leave.change")}
            <span class="unseen">: {nameOf(of.absent_id)}</span>
          </button>
          <button
            type="button"
            class="button small"
            disabled={acting.busy.value}
            onClick={() => void end()}
          >
            {t(begun ? "leave.end" : "leave.off")}
            <span class="unseen">: {nameOf(of.absent_id)}</span>
          </button>
        </div>
      ) : null}
      {changing.value ? (
        <Change
          of={of}
          begun={begun}
          acting={acting}
          onDone={() => {
            changing.value = false;
          }}
        />
      ) : null}
    </li>
  );
}

interface Changing {
  of: Leave;
  begun: boolean;
  acting: Acting;
  onDone: () => void;
}

function Change({ of, begun, acting, onDone }: Changing) {
  const wanted = useWanted(of);
  const lacks = useSignal(false);
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    form.current?.querySelector<HTMLElement>("select, input")?.focus();
  }, []);
  const save = async (): Promise<void> => {
    const whole = said(wanted);
    lacks.value = whole === null;
    if (whole === null) return;
    const body = {
      cover_id: whole.cover_id,
      until_at: whole.until_at,
      // What has begun keeps its beginning, to the second.
      ...(begun ? {} : { from_at: whole.from_at }),
    };
    const path = { cover_id: of.id };
    const done = await acting.act(
      () => call("patch", "/v1/covers/{cover_id}", { path, body }),
      t("leave.changed"),
    );
    if (done === undefined) return;
    onDone();
    await read();
  };
  return (
    <form
      ref={form}
      class="ask inset"
      aria-label={t("leave.changing", { name: nameOf(of.absent_id) })}
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <Fields of={wanted} begun={begun} other={false} />
      <Missing id={`leave-${of.id}`} words={lacks.value ? t("leave.lacks") : null} />
      <button type="submit" class="button first" disabled={acting.busy.value}>
        {t("leave.save")}
      </button>
    </form>
  );
}
