// Visits: when and where, whether they come, and into one's own calendar.
import { signal } from "@preact/signals";

import { call } from "../api/call";
import { Picture } from "./icons";
import { uuid7 } from "./ids";
import type { Person, Visit } from "./kinds";
import { attempt, Fact, Head } from "./parts";
import { away, of, person, tell } from "./state";
import { sync } from "./sync";
import { clock, day, near, now } from "./time";
import { named, t } from "./words";

const busy = signal("");

export function VisitsPage() {
  const whom = person.value;
  if (whom === undefined) return <Head title={t("tab.visits")} />;
  const all = of("visit").sort((a, b) => Date.parse(a.starts_at) - Date.parse(b.starts_at));
  const ahead = all.filter((one) => Date.parse(one.starts_at) >= now.value && one.status !== "called-off");
  const past = all.filter((one) => !ahead.includes(one)).reverse();
  return (
    <>
      <Head title={t("tab.visits")} lead={whom.self ? undefined : t("visit.of", { name: whom.given_name })} />
      {ahead.length === 0 ? <p class="empty soft">{t("visit.none")}</p> : null}
      <ul class="cards">
        {ahead.map((one) => (
          <li key={one.id} class="card">
            <Whole visit={one} />
            <Answering visit={one} whom={whom} />
            <Calendar visit={one} />
          </li>
        ))}
      </ul>
      {past.length === 0 ? null : (
        <section class="group">
          <h2>{t("visit.past")}</h2>
          <ul class="cards">
            {past.map((one) => (
              <li key={one.id} class="card past">
                <Whole visit={one} below />
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}

function Whole({ visit, below }: { visit: Visit; below?: boolean }) {
  const Title = below === true ? "h3" : "h2";
  const soon = near(visit.starts_at, visit.zone);
  const status = visit.status === "booked" ? soon : named("visit-is", visit.status);
  return (
    <>
      {status === "" ? null : <p class="kicker">{status}</p>}
      <Title class="of">
        {day(visit.starts_at, visit.zone)}, {clock(visit.starts_at, visit.zone)}
      </Title>
      <ul class="facts">
        {visit.what === null ? null : <Fact icon="heart">{visit.what}</Fact>}
        {visit.place === null ? null : (
          <Fact icon="pin">
            {visit.place}
            {visit.address === null ? null : <span class="soft block">{visit.address}</span>}
          </Fact>
        )}
        {visit.bring === null ? null : (
          <Fact icon="bag">
            <span class="soft block">{t("visit.bring")}</span>
            {visit.bring}
          </Fact>
        )}
      </ul>
    </>
  );
}

type Said = "coming" | "not-coming" | "change";

async function respond(visit: Visit, whom: Person, answer: Said): Promise<void> {
  busy.value = visit.id;
  const good = await attempt(() =>
    call("post", "/v1/family/{patient_id}/visits/{visit_id}/respond", {
      path: { patient_id: whom.patient_id, visit_id: visit.id },
      key: uuid7(),
      body: { answer },
    }),
  );
  busy.value = "";
  if (good) tell("good", t(answer === "coming" ? "visit.told" : "visit.told-change"));
  await sync();
}

/** What was said of a visit; and what can be said, where that may be. */
export function Answering({ visit, whom }: { visit: Visit; whom: Person }) {
  const answer = visit.answer === "unanswered" ? null : named("answer", visit.answer);
  if (!visit.may_answer) return answer === null ? null : <p class="answer">{answer}</p>;
  const waits = busy.value === visit.id || away.value;
  const say = (said: Said, words: string, first = false) => (
    <button
      type="button"
      class={first ? "button first" : "button"}
      disabled={waits}
      onClick={() => void respond(visit, whom, said)}
    >
      {words}
    </button>
  );
  return (
    <div class="answers">
      <p class="answer">
        {answer === null ? (
          whom.self ? t("visit.ask-me") : t("visit.ask-of", { name: whom.given_name })
        ) : (
          <>
            <Picture of="check" />
            {answer}
          </>
        )}
      </p>
      <div class="actions">
        {visit.answer === "coming" ? null : say("coming", t("visit.yes"), true)}
        {visit.answer === "not-coming" ? null : say("not-coming", t("visit.no"))}
        {visit.answer === "unsure" ? null : say("change", t("visit.change"))}
      </div>
    </div>
  );
}

export function Calendar({ visit }: { visit: Visit }) {
  return (
    <a
      class="button quiet calendar"
      href={`/v1/family/${visit.patient_id}/visits/${visit.id}/file.ics`}
      download="visit.ics"
    >
      <Picture of="visits" />
      {t("visit.calendar")}
    </a>
  );
}
