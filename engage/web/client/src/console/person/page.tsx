// The page of one person: who they are and how to reach them, what is open, what they need, what is
// asked of them, where they were. One column under a thumb, two on a laptop.
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";

import type { Patient } from "../../api/call";
import { clock, differ, now, place as placeName } from "../../shared/time";
import { named, t, type Word } from "../../shared/words";
import { openAsk } from "../ask";
import { notice, shut, texting } from "../desk";
import { Fact, Facts } from "../facts";
import { keepFocus, Link } from "../link";
import { directs } from "../place";
import { ownership } from "../owned";
import { Due } from "../queue";
import { openMerge } from "../records";
import { restricted } from "../shut";
import { openConsent } from "../texting";
import { Calling } from "./calling";
import { Later } from "./later";
import { Needs } from "./needs";
import { Refer } from "./refer";
import { Screenings } from "./screenings";
import { nobody, ours, person, work } from "./state";
import { Visits } from "./visits";

const PARTS: [string, Word][] = [
  ["open", "person.work"],
  ["calls", "person.calls"],
  ["team", "person.team"],
  ["needs", "person.needs"],
  ["visits", "person.visits"],
  ["screenings", "person.screenings"],
  ["timeline", "person.timeline"],
  ["checkins", "person.checkins"],
  ["circle", "person.circle"],
  ["documents", "documents.title"],
  ["hospital", "person.hospital"],
];

export function PersonPage() {
  const who = person.value;
  const closedTo = shut.value;
  if (closedTo !== undefined) {
    const more = restricted.value;
    return (
      <main class="page" id="main">
        {more === undefined ? (
          <h2 id="place" tabIndex={-1}>
            {t("loading")}
          </h2>
        ) : (
          <more.Closed patient={closedTo} id="place" />
        )}
        <Wrong />
      </main>
    );
  }
  if (nobody.value || who === undefined) {
    return (
      <main class="page" id="main">
        <h2 id="place" tabIndex={-1}>
          {t(nobody.value ? "person.gone" : "loading")}
        </h2>
        {nobody.value ? (
          <p>
            <Link to={{ at: "people" }}>{t("person.find")}</Link>
          </p>
        ) : null}
        <Wrong />
      </main>
    );
  }
  const stands = restricted.value;
  return (
    <main class="page person" id="main">
      <Head who={who} />
      <Wrong />
      {stands === undefined ? null : (
        <stands.Standing patient={who.id} practice={who.practice_id} />
      )}
      <nav class="jumps" aria-label={t("person.parts")}>
        {PARTS.map(([id, word]) => (
          <button
            key={id}
            type="button"
            onClick={() => {
              const head = document.getElementById(id);
              head?.scrollIntoView();
              head?.focus({ preventScroll: true });
            }}
          >
            {t(word)}
          </button>
        ))}
      </nav>
      <About who={who} />
      <div class="columns">
        <div class="aside">
          <Part id="open" word="person.work">
            <Work />
          </Part>
          <Part id="calls" word="person.calls">
            <Calling />
          </Part>
          <Part id="team" word="person.team">
            <Later of="CareTeam" />
          </Part>
        </div>
        <div class="main">
          <Part id="needs" word="person.needs">
            <Needs />
          </Part>
          <Part id="visits" word="person.visits">
            <Visits />
          </Part>
          <Part id="screenings" word="person.screenings">
            <Screenings />
          </Part>
          <Part id="timeline" word="person.timeline">
            <Later of="Timeline" />
          </Part>
        </div>
        <div class="aside">
          <Part id="checkins" word="person.checkins">
            <Later of="CheckIns" />
          </Part>
          <Part id="circle" word="person.circle">
            <Later of="Circle" />
          </Part>
          <Part id="documents" word="documents.title">
            <Later of="Documents" />
          </Part>
          <Part id="hospital" word="person.hospital">
            <Later of="Hospital" />
          </Part>
        </div>
      </div>
      <Refer />
    </main>
  );
}

function Part({ id, word, children }: { id: string; word: Word; children: ComponentChildren }) {
  return (
    <section class="part" aria-labelledby={id}>
      <h2 id={id} tabIndex={-1}>
        {t(word)}
      </h2>
      {children}
    </section>
  );
}

function Wrong() {
  return (
    <div role="alert">
      {notice.value === null ? null : (
        <p class={`notice ${notice.value.kind}`}>{notice.value.words}</p>
      )}
    </div>
  );
}

function Head({ who }: { who: Patient }) {
  useEffect(keepFocus, []);
  return (
    <header class="head">
      <h2 id="place" tabIndex={-1}>
        {who.given_name} {who.family_name}
      </h2>
      {who.status === "active" ? null : (
        <p class="notice warn">{t("person.status", { status: named("patient.status", who.status) })}</p>
      )}
      {who.merged_into === null ? null : (
        <p class="notice warn">
          <Link to={{ at: "person", id: who.merged_into }}>{t("person.merged")}</Link>
        </p>
      )}
    </header>
  );
}

function About({ who }: { who: Patient }) {
  const reach = texting.value;
  const theirs = who.time_zone;
  return (
    <div class="head">
      <dl class="facts wide">
        <Facts of={who}>
          {theirs === null || !differ(theirs, ours.value) ? null : (
            <Fact name={t("why.time")}>
              {clock(new Date(now.value).toISOString(), theirs)} ({placeName(theirs)})
            </Fact>
          )}
        </Facts>
        <Fact name={t("merge.manager")}>
          {who.care_manager === null
            ? t("person.nobody")
            : `${who.care_manager.given_name} ${who.care_manager.family_name}`}
        </Fact>
        {reach === undefined ? null : (
          <Fact name={t("person.texting")}>
            {reach.words}
          </Fact>
        )}
      </dl>
      <div class="row">
        <button
          type="button"
          class="button small"
          onClick={() => {
            openAsk(who);
          }}
        >
          {t("ask.open.short")}
        </button>
        <button
          type="button"
          class="button small"
          onClick={() => {
            openConsent(who);
          }}
        >
          {t("consent.open")}
        </button>
        {directs(who.practice_id) ? (
          <button
            type="button"
            class="button quiet small"
            onClick={() => {
              openMerge(who);
            }}
          >
            {t("merge.open")}
          </button>
        ) : null}
      </div>
    </div>
  );
}

/** What is open about them, the most severe first: the way to the texts themselves. */
function Work() {
  const open = work.value;
  if (open === undefined) return <p class="soft">{t("loading")}</p>;
  if (open.length === 0) return <p class="soft">{t("person.work.none")}</p>;
  return (
    <ul class="rows">
      {open.map((item) => (
        <li key={item.id}>
          <Link to={{ at: "item", id: item.id }} class={`item ${item.severity}`}>
            <span class="row spread">
              <span class={`severity ${item.severity}`}>{named("severity", item.severity)}</span>
              <Due moment={item.due_at} zone={ours.value} />
            </span>
            <strong>{named("subject", item.subject)}</strong>
            {item.excerpt === null ? null : (
              <span class="said">
                <q>{item.excerpt.words}</q>
              </span>
            )}
            <span class="soft small">{ownership(item)}</span>
          </Link>
        </li>
      ))}
    </ul>
  );
}
