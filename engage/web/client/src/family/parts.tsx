// What several pages of the app have: headings that can be gone back from, what to do in an emergency,
// links, and how anything is tried.
import type { ComponentChildren } from "preact";

import { Problem } from "../api/call";
import { spaced } from "../shared/number";
import { Picture, type Icon } from "./icons";
import type { Team } from "./kinds";
import { over } from "./leaving";
import { follow, pathOf, type Place } from "./route";
import { away, person, tell, todays } from "./state";
import { brief } from "./time";
import { t } from "./words";

interface Titled {
  title: string;
  lead?: string | undefined;
  /** Where one came from; the main pages have none. */
  from?: Place;
}

export function Head({ title, lead, from }: Titled) {
  document.title = `${title} · engage`;
  return (
    <header class="head">
      {from === undefined ? null : (
        <To place={from} class="back">
          <Picture of="back" />
          {t("back")}
        </To>
      )}
      <h1 tabIndex={-1}>{title}</h1>
      {lead === undefined ? null : <p class="soft">{lead}</p>}
    </header>
  );
}

interface Leading {
  place: Place;
  class?: string;
  current?: boolean;
  children: ComponentChildren;
}

export function To({ place, class: named, current, children }: Leading) {
  return (
    <a
      href={pathOf(place)}
      class={named}
      aria-current={current === true ? "page" : undefined}
      onClick={(event) => follow(event, place)}
    >
      {children}
    </a>
  );
}

/** A row that leads somewhere. */
export function Row({ place, icon, children }: { place: Place; icon: Icon; children: ComponentChildren }) {
  return (
    <li>
      <To place={place} class="leads">
        <Picture of={icon} />
        <span>{children}</span>
        <Picture of="next" />
      </To>
    </li>
  );
}

/** Something to know, with its picture. */
export function Fact({ icon, children }: { icon: Icon; children: ComponentChildren }) {
  return (
    <li class="fact">
      <Picture of={icon} />
      <div>{children}</div>
    </li>
  );
}

export const team = (): Team | undefined => todays.value[person.value?.patient_id ?? ""]?.team;

/** When somebody of the team reads, as it is. */
export function Hours() {
  const of = team();
  if (of === undefined) return null;
  const words = of.open_now
    ? of.closes_at === null
      ? t("team.open", { name: of.name })
      : t("team.open-until", { name: of.name, until: brief(of.closes_at, of.zone) })
    : of.opens_at === null
      ? t("team.closed", { name: of.name })
      : t("team.opens", { name: of.name, at: brief(of.opens_at, of.zone) });
  return <p class={of.open_now ? "hours open" : "hours"}>{words}</p>;
}

/** 911 and 988, on every page; they need no network and no sign-in. */
export function Emergency() {
  return (
    <p class="emergency">
      {t("help.line")} <a href="tel:911">{t("help.911")}</a> <span aria-hidden="true">·</span>{" "}
      <a href="tel:988">{t("help.988")}</a>
    </p>
  );
}

/** The same, large: when it may be one. */
export function Now({ title, words }: { title: string; words: string }) {
  const of = team();
  return (
    <section class="card danger" role="alert">
      <h2>{title}</h2>
      <p>{words}</p>
      <div class="actions">
        <a class="button call" href="tel:911">
          <Picture of="call" />
          {t("call.911")}
        </a>
        <a class="button call" href="tel:988">
          <Picture of="call" />
          {t("call.988")}
        </a>
        {of === undefined ? null : (
          <a class="button" href={`tel:${of.phone}`}>
            <Picture of="call" />
            {t("call.team", { name: of.name, number: spaced(of.phone) })}
          </a>
        )}
      </div>
    </section>
  );
}

/** Run something; whatever is refused becomes a sentence. True if it worked. */
export async function attempt(act: () => Promise<unknown>): Promise<boolean> {
  try {
    await act();
    return true;
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    if (problem.status === 401) await over();
    else if (problem.status === 0) {
      away.value = true;
      tell("wrong", t("problem.away"));
    } else if (problem.code === "fresh-proof-needed") tell("wrong", t("prove.not"));
    else if (problem.code === "task-taken") tell("wrong", t("problem.taken"));
    else if (problem.status === 404) tell("wrong", t("problem.gone"));
    else if (problem.status === 429) tell("wrong", t("problem.often"));
    else tell("wrong", t("problem.other"));
    return false;
  }
}
