// Whom one can give work to: who is here, and how much they have.
import { signal, useSignal } from "@preact/signals";
import { useEffect, useId } from "preact/hooks";
import type { ComponentChildren } from "preact";

import { call, type Schema } from "../../api/call";
import { when } from "../../shared/time";
import { named, t } from "../../shared/words";
import { attempt, me, whenForgotten, zoneOf } from "../desk";
import { Area } from "../fields";
import { StepForm } from "./form";

type Colleague = Schema["ColleagueOut"];

export const colleagues = signal<Colleague[] | undefined>(undefined);
whenForgotten(() => {
  colleagues.value = undefined;
});

export async function readColleagues(): Promise<void> {
  const found = await attempt(() => call("get", "/v1/staff"));
  if (found !== undefined) colleagues.value = found.items;
}

interface Props {
  practice: string | undefined;
  owner: string | undefined;
  busy: boolean;
  onGive: (to: string, reason: string) => void;
  onLeave?: () => void;
  children?: ComponentChildren;
}

export function Giving({ practice, owner, busy, onGive, onLeave, children }: Props) {
  const id = useId();
  const to = useSignal<string | null>(null);
  const reason = useSignal("");
  const missing = useSignal<"to" | "why" | null>(null);
  useEffect(() => {
    void readColleagues();
  }, []);
  const all = (colleagues.value ?? [])
    .filter((one) => practice === undefined || one.practice_id === practice)
    .filter((one) => one.staff.id !== owner)
    .toSorted((one, other) => Number(other.present) - Number(one.present));
  const give = (): void => {
    const words = reason.value.trim();
    missing.value = to.value === null ? "to" : words === "" ? "why" : null;
    if (to.value !== null && words !== "") onGive(to.value, words);
  };
  return (
    <StepForm
      key={colleagues.value === undefined ? "waiting" : "here"}
      label={t("step.hand-over")}
      go={t("give.do")}
      busy={busy}
      onDo={give}
      {...(onLeave === undefined ? {} : { onLeave })}
    >
      <fieldset aria-describedby={missing.value === "to" ? `${id}-missing` : undefined}>
        <legend class="label">{t("give.to")}</legend>
        {colleagues.value === undefined ? <p class="soft">{t("loading")}</p> : null}
        {all.map((one) => (
          <label key={`${one.practice_id}/${one.staff.id}`} class="choice">
            <input
              type="radio"
              name={id}
              disabled={!one.present}
              checked={to.value === one.staff.id}
              onChange={() => {
                to.value = one.staff.id;
                missing.value = null;
              }}
            />
            <span>
              {one.staff.given_name} {one.staff.family_name}
              {one.staff.id === me.value?.id ? ` (${t("give.you")})` : ""}
              <span class="soft small"> · {about(one)}</span>
            </span>
          </label>
        ))}
      </fieldset>
      <Area label={t("give.why")} value={reason} most={4000} needed />
      <p role="alert" id={`${id}-missing`} class="missing small">
        {missing.value === null ? "" : t(`give.missing.${missing.value}`)}
      </p>
      {children}
    </StepForm>
  );
}

function about(one: Colleague): string {
  const held = one.duty?.capacity;
  return [
    one.present
      ? t("give.here")
      : one.away === null
        ? t("give.not.here")
        : t("give.away", { when: when(one.away.until, zoneOf(one.practice_id)) }),
    held == null
      ? t("give.holds", { n: one.open_items })
      : t("give.holds.of", { n: one.open_items, most: held }),
    ...(one.duty?.languages ?? []).map((spoken) => named("language", spoken)),
  ].join(" · ");
}
