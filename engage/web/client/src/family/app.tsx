// The frame of the app: whom one looks at, where one is, what can't wait; and the page itself.
import { Mark } from "../shared/brand";
import { CheckInPage } from "./checkin";
import { CarePage } from "./care";
import { DocumentsPage } from "./documents";
import { Enter } from "./enter";
import type { Icon } from "./icons";
import { Picture } from "./icons";
import { InvitePage } from "./invite";
import { MessagesPage } from "./messages";
import { MorePage } from "./more";
import { NoticesPage } from "./notices";
import { Parting } from "./parting";
import { Emergency, To } from "./parts";
import { Prove } from "./prove";
import { Refused } from "./refused";
import { place, type Place } from "./route";
import { SettingsPage } from "./settings";
import { SharingPage } from "./sharing";
import { SignInsPage } from "./sign-ins";
import { away, choose, may, me, notice, people, person, readAt, said, saved } from "./state";
import { StrainPage } from "./strain";
import { brief } from "./time";
import { TodayPage } from "./today";
import { ToDoPage } from "./to-do";
import { counted, t } from "./words";
import { VisitsPage } from "./visits";

const PAGES: Record<Place, () => preact.ComponentChildren> = {
  "today": TodayPage,
  "visits": VisitsPage,
  "check-in": CheckInPage,
  "to-do": ToDoPage,
  "messages": MessagesPage,
  "care": CarePage,
  "documents": DocumentsPage,
  "more": MorePage,
  "sharing": SharingPage,
  "invite": InvitePage,
  "strain": StrainPage,
  "settings": SettingsPage,
  "notices": NoticesPage,
  "sign-ins": SignInsPage,
};

export function App() {
  if (me.value === undefined) return <p class="wait">{t("loading")}</p>;
  if (me.value === null) return <Enter />;
  const Page = PAGES[place.value];
  return (
    <>
      <a class="skip unseen" href="#page">
        {t("skip")}
      </a>
      <div class="app">
        <header class="bar">
          <span class="brand">
            <Mark />
            <span class="unseen">engage</span>
          </span>
          <Whose />
        </header>
        <div class="scroll">
          <main id="page">
            <State />
            <Page />
          </main>
          <footer>
            <Emergency />
          </footer>
        </div>
        <Tabs />
      </div>
      <Prove />
      <Parting />
      <p class="unseen" role="status">
        {said}
      </p>
    </>
  );
}

/** Whom one looks at; several can be chosen from. */
function Whose() {
  const all = people.value;
  if (all.length < 2) return person.value === undefined ? null : <span class="whose">{nameOf(person.value)}</span>;
  return (
    <nav class="people" aria-label={t("people.nav")}>
      {all.map((one) => (
        <button
          key={one.patient_id}
          type="button"
          class="person"
          aria-pressed={one.patient_id === person.value?.patient_id}
          onClick={() => {
            choose(one.patient_id);
            notice.value = null;
          }}
        >
          {nameOf(one)}
        </button>
      ))}
    </nav>
  );
}

const nameOf = (one: { self: boolean; given_name: string }): string =>
  one.self ? t("people.me") : one.given_name;

/** That nobody answers, what waits on the phone, and what just happened. */
function State() {
  const waits = saved.value.length;
  return (
    <div class="state">
      {away.value ? (
        <p class="notice warn offline">
          {readAt.value === null
            ? t("offline")
            : t("offline.read", { at: brief(new Date(readAt.value).toISOString()) })}
        </p>
      ) : null}
      {waits > 0 ? (
        <p class="notice saved">
          <Picture of="phone" />
          {counted("saved.one", "saved.more", waits)}
        </p>
      ) : null}
      {notice.value === null ? null : (
        <p class={notice.value.kind === "wrong" ? "notice wrong" : "notice good"}>{notice.value.words}</p>
      )}
      <Refused />
    </div>
  );
}

function Tabs() {
  const shown: { place: Place; icon: Icon; words: string }[] = [
    { place: "today", icon: "today", words: t("tab.today") },
  ];
  if (may("visits")) shown.push({ place: "visits", icon: "visits", words: t("tab.visits") });
  if (may("visits") || may("rides") || may("needs")) {
    shown.push({ place: "to-do", icon: "to-do", words: t("tab.to-do") });
  }
  if (may("messages")) shown.push({ place: "messages", icon: "messages", words: t("tab.messages") });
  shown.push({ place: "more", icon: "more", words: t("tab.more") });
  const main = shown.some((one) => one.place === place.value);
  return (
    <nav class="tabs" aria-label={t("tab.nav")}>
      {shown.map((one) => (
        <To
          key={one.place}
          place={one.place}
          class="tab"
          current={one.place === place.value || (!main && one.place === "more" && place.value !== "check-in")}
        >
          <Picture of={one.icon} />
          <span>{one.words}</span>
        </To>
      ))}
    </nav>
  );
}
