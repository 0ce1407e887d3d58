// Rest: until a moment of the practice's clock, until they write, or either. The one chosen last
// before is offered first.
import { useSignal } from "@preact/signals";
import { useId } from "preact/hooks";

import { call, type ItemDetail } from "../../api/call";
import { when, type Zone } from "../../shared/time";
import { t, type Word } from "../../shared/words";
import { moment, onWall } from "../../shared/wall";
import { take, zone } from "../desk";
import { useStep } from "./doing";
import { StepForm } from "./form";

export interface Rest {
  until: string | null;
  for_reply: boolean;
}

interface Offer {
  word: Word;
  at: string | null;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** What is offered at a moment, by a clock; an afternoon that is over is not. */
export function offers(now: number, by: Zone, again: string | null): Offer[] {
  const on = (day: number, hour: string): string | null =>
    moment(`${onWall(now + day * DAY, by).slice(0, 10)}T${hour}`, by);
  const weekday = new Date(`${onWall(now, by).slice(0, 10)}T00:00Z`).getUTCDay();
  // The next Monday that is not tomorrow.
  const monday = (8 - weekday) % 7 || 7;
  const afternoon = on(0, "15:00");
  const old = again !== null && Date.parse(again) > now ? again : null;
  return [
    ...(old === null ? [] : [{ word: "snooze.again", at: old } as const]),
    { word: "snooze.hour", at: new Date(now + HOUR).toISOString() },
    ...(afternoon !== null && Date.parse(afternoon) > now + HOUR
      ? [{ word: "snooze.afternoon", at: afternoon } as const]
      : []),
    { word: "snooze.tomorrow", at: on(1, "08:00") },
    { word: "snooze.week", at: on(monday === 1 ? 8 : monday, "08:00") },
  ];
}

export function Snooze({ item }: { item: ItemDetail }) {
  const { busy, run } = useStep(item);
  return (
    <RestForm
      again={item.snooze_again_until}
      by={zone.value}
      busy={busy.value}
      onRest={(rest) =>
        void run(() =>
          take(`snooze ${rest.until ?? ""} ${rest.for_reply}`, t("snooze.done"), (asked) =>
            call("post", "/v1/queue/{item_id}/snooze", { ...asked, body: rest }),
          ),
        )
      }
    />
  );
}

interface Form {
  again: string | null;
  by: Zone;
  busy: boolean;
  onRest: (rest: Rest) => void;
  onLeave?: () => void;
}

export function RestForm({ again, by, busy, onRest, onLeave }: Form) {
  const id = useId();
  const offered = useSignal(offers(Date.now(), by, again));
  const chosen = useSignal("0");
  const typed = useSignal(onWall(Date.now() + DAY, by));
  const orReply = useSignal(true);
  const missing = useSignal(false);
  const rest = (): void => {
    const reply = chosen.value === "reply";
    const until =
      chosen.value === "own"
        ? moment(typed.value, by)
        : (offered.value[Number(chosen.value)]?.at ?? null);
    missing.value = !reply && until === null;
    if (!missing.value) onRest({ until: reply ? null : until, for_reply: reply || orReply.value });
  };
  const radio = (value: string, words: string, more?: string) => (
    <label key={value} class="choice">
      <input
        type="radio"
        name={id}
        checked={chosen.value === value}
        onChange={() => {
          chosen.value = value;
        }}
      />
      <span>
        {words}
        {more === undefined ? "" : <span class="soft small"> · {more}</span>}
      </span>
    </label>
  );
  return (
    <StepForm
      label={t("step.snooze")}
      go={t("snooze.do")}
      busy={busy}
      onDo={rest}
      {...(onLeave === undefined ? {} : { onLeave })}
    >
      <fieldset>
        <legend class="label">{t("snooze.until")}</legend>
        {offered.value.map((one, place) =>
          radio(String(place), t(one.word), one.at === null ? undefined : when(one.at, by)),
        )}
        {radio("own", t("snooze.own"))}
        {radio("reply", t("snooze.reply"))}
      </fieldset>
      {chosen.value === "own" ? (
        <div>
          <label for={`${id}-own`}>{t("snooze.moment")}</label>
          <input
            id={`${id}-own`}
            type="datetime-local"
            value={typed.value}
            onInput={(event) => {
              typed.value = event.currentTarget.value;
            }}
          />
        </div>
      ) : null}
      {chosen.value === "reply" ? null : (
        <label class="choice">
          <input
            type="checkbox"
            checked={orReply.value}
            onChange={(event) => {
              orReply.value = event.currentTarget.checked;
            }}
          />
          {t("snooze.or.reply")}
        </label>
      )}
      <p role="alert" class="missing small">
        {missing.value ? t("refused.when-to-wake") : ""}
      </p>
      <p class="soft small">{t("snooze.wakes")}</p>
    </StepForm>
  );
}
