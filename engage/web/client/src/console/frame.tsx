// The frame around the three panes: who I am, whether it is live, and what must not be missed.
import { signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { Mark } from "../shared/brand";
import { Switches } from "../shared/switches";
import { speakInDialogs, t } from "../shared/words";
import { openAsk, shown as askShown } from "./ask";
import {
  attempt,
  called,
  crises,
  entered,
  items,
  live,
  me,
  pane,
  part,
  said,
  show,
  signOut,
  view,
} from "./desk";
import { mineShown } from "./door";
import { Own } from "./door-later";
import { Link } from "./link";
import { visit } from "./route";
import { openHelp, shown as helpShown } from "./help";
import { Places, Shown } from "./places";
import { directs, place } from "./place";
import { shown as mergeShown } from "./records";
import { shown as wrongShown } from "./relabel";
import { restricted } from "./shut";
import { shown as consentShown } from "./texting";
import { shown as whoShown } from "./who";
import { work } from "./work";

export function Desk() {
  const reader = me.value;
  const menu = useSignal(false);
  useEffect(() => {
    // The sign-in took its own focus along: go on at the queue.
    if (entered.value) document.getElementById("queue")?.focus({ preventScroll: true });
  }, []);
  useEffect(() => {
    menu.value = false;
  }, [place.value]);
  if (reader == null) return null;
  return (
    <div class="desk" data-pane={pane.value} data-place={place.value.at}>
      <a class="skip" href={place.value.at === "queue" ? "#queue" : "#place"}>
        {t(place.value.at === "queue" ? "skip" : "skip.page")}
      </a>
      <header class="top">
        <h1 class="brand">
          <Mark />
          engage
        </h1>
        <p class="practice soft small">
          {reader.memberships?.map((one) => one.practice_name).join(", ")}
        </p>
        <p class={`live small ${live.value ? "on" : "off"}`} role="status">
          <span aria-hidden="true" class="dot" />
          {t(live.value ? "live.on" : "live.off")}
        </p>
        <button
          type="button"
          class="button quiet small menu"
          aria-expanded={menu.value}
          aria-controls="menu"
          onClick={() => {
            menu.value = !menu.value;
          }}
        >
          {t("menu")}
        </button>
        <nav id="menu" class={menu.value ? "row open" : "row"}>
          <button
            type="button"
            class="button small"
            onClick={() => {
              openAsk();
            }}
          >
            {t("ask.open")}
          </button>
          {directs() ? null : (
            <Link to={{ at: "team" }} class="button quiet small">
              {t("team.mine")}
            </Link>
          )}
          {directs() ? (
            <Link to={{ at: "admin", page: "practice" }} class="button quiet small">
              {t("admin.tab")}
            </Link>
          ) : null}
          <Link to={{ at: "paging" }} class="button quiet small">
            {t("paging.open")}
          </Link>
          <Switches />
          <button type="button" class="button quiet small" onClick={openHelp}>
            {t("keys.title")}
          </button>
          <button
            type="button"
            class="button quiet small"
            onClick={() => {
              mineShown.value = true;
            }}
          >
            {t("mine.open")}
          </button>
          <button type="button" class="button quiet small" onClick={() => void signOut()}>
            {t("sign.out")}
            <span class="soft">
              {reader.given_name} {reader.family_name}
            </span>
          </button>
        </nav>
      </header>
      <CrisisBar />
      {directs() && restricted.value !== undefined ? <restricted.value.Bar /> : null}
      <Places />
      <Shown />
      <p class="unseen" aria-live="polite">
        {said.value}
      </p>
      <p class="unseen" role="alert">
        {called.value}
      </p>
      {work.value === undefined ? null : <work.value.Undo />}
      <Seldom />
      <Own />
    </div>
  );
}

const DIALOGS = [askShown, consentShown, helpShown, mergeShown, whoShown, wrongShown];
const seldom = signal<typeof import("./dialogs") | undefined>(undefined);

/** The large dialogs, once somebody has opened one. */
function Seldom() {
  const wanted = DIALOGS.some((one) => one.value);
  useEffect(() => {
    if (!wanted || seldom.value !== undefined) return;
    const both = () => Promise.all([import("./dialogs"), speakInDialogs()]);
    void attempt(() => part(both)).then((found) => {
      seldom.value = found?.[0];
      if (found !== undefined) return;
      for (const one of DIALOGS) one.value = false;
    });
  }, [wanted]);
  if (seldom.value === undefined) return null;
  return (
    <>
      <seldom.value.Ask />
      <seldom.value.Consent />
      <seldom.value.Help />
      <seldom.value.Merge />
      <seldom.value.Who />
      <seldom.value.Wrong />
    </>
  );
}

/** A crisis is seen from wherever one is. */
function CrisisBar() {
  const shown = new Set((items.value ?? []).map((item) => item.id));
  const elsewhere = crises.value.filter((item) => !shown.has(item.id)).length;
  const away = place.value.at !== "queue";
  const many = away ? crises.value.length : elsewhere;
  if (many === 0 || (view.value === "crises" && !away)) return null;
  return (
    <section class="crisis-bar" aria-label={t("view.crises")}>
      <strong>
        {many === 1 ? t("queue.crisis.one") : t("queue.crisis.many", { n: many })}
      </strong>
      <button
        type="button"
        class="button small"
        onClick={() => {
          if (away) visit({ at: "queue" });
          show("crises");
        }}
      >
        {t("queue.show")}
      </button>
    </section>
  );
}
