// The card of today: the next visit, who drives, what to bring; what waits for an answer; who does what.
import { call } from "../api/call";
import { Picture } from "./icons";
import { uuid7 } from "./ids";
import type { Person, Ride, Today, Visit } from "./kinds";
import { attempt, Fact, Head, Hours, Row, To } from "./parts";
import { Offer } from "./passkeys";
import { may, of, person, readAt, todays } from "./state";
import { sync } from "./sync";
import { brief, clock, day, leaf, near } from "./time";
import { Errand } from "./to-do";
import { Answering, Calendar } from "./visits";
import { t } from "./words";

export function TodayPage() {
  const whom = person.value;
  if (whom === undefined) return <Nobody />;
  const card = todays.value[whom.patient_id];
  const title = whom.self ? t("today.mine") : t("today.of", { name: whom.given_name });
  return (
    <>
      <Head title={title} lead={day(new Date().toISOString(), whom.zone)} />
      <Offer />
      {card === undefined ? (
        <p class="soft">{t("loading")}</p>
      ) : (
        <>
          <Waiting card={card} whom={whom} />
          <Next card={card} whom={whom} />
          <Doing />
          <Ways />
        </>
      )}
    </>
  );
}

/** Nobody shares anything with me; that is all there is to say. */
function Nobody() {
  return (
    <>
      <Head title={t("today.nobody")} />
      <Offer />
      {readAt.value === null ? <p class="soft">{t("loading")}</p> : <p>{t("today.nobody-lead")}</p>}
    </>
  );
}

function Waiting({ card, whom }: { card: Today; whom: Person }) {
  if (card.check_in === null || !may("check-ins", "answer")) return null;
  return (
    <section class="card asks">
      <Picture of="heart" />
      <div>
        <h2>{t("check-in.waits")}</h2>
        <p class="soft">
          {whom.self ? t("check-in.waits-me") : t("check-in.waits-of", { name: whom.given_name })}
        </p>
        <To place="check-in" class="button first">
          {t("check-in.start")}
        </To>
      </div>
    </section>
  );
}

function Next({ card, whom }: { card: Today; whom: Person }) {
  const { visit } = card;
  if (visit === null) {
    if (!may("visits")) return null;
    return (
      <section class="card">
        <h2>{t("visit.none")}</h2>
        <p class="soft">{t("visit.none-lead")}</p>
      </section>
    );
  }
  const { month, date, weekday } = leaf(visit.starts_at, visit.zone);
  return (
    <section class="card visit" aria-labelledby="next-visit">
      <div class="when">
        <p class="leaf" aria-hidden="true">
          <span>{month}</span>
          <strong>{date}</strong>
          <span>{weekday}</span>
        </p>
        <div>
          <p class="kicker">
            {t("visit.next")}
            {near(visit.starts_at, visit.zone) === "" ? "" : ` · ${near(visit.starts_at, visit.zone)}`}
          </p>
          <h2 id="next-visit">
            <span class="unseen">{day(visit.starts_at, visit.zone)}, </span>
            {clock(visit.starts_at, visit.zone)}
          </h2>
          {visit.status === "pending" ? <p class="soft">{t("visit.pending")}</p> : null}
        </div>
      </div>
      <ul class="facts">
        {visit.place === null ? null : (
          <Fact icon="pin">
            <strong>{visit.place}</strong>
            {visit.address === null ? null : <span class="soft block">{visit.address}</span>}
          </Fact>
        )}
        <Driver card={card} visit={visit} whom={whom} />
        {visit.bring === null ? null : (
          <Fact icon="bag">
            <span class="soft block">{t("visit.bring")}</span>
            {visit.bring}
          </Fact>
        )}
      </ul>
      <Answering visit={visit} whom={whom} />
      <Calendar visit={visit} />
    </section>
  );
}

/** Who drives: somebody of the practice, somebody of the family, or nobody yet. */
function Driver({ card, visit, whom }: { card: Today; visit: Visit; whom: Person }) {
  if (!may("rides")) return null;
  const [ride] = card.rides;
  const pickup = ride?.pickup_at ?? null;
  const { driver } = card;
  return (
    <Fact icon="car">
      <span class="soft block">{t("ride.who")}</span>
      {driver === null ? (
        <>
          <strong>{t(asked(card.rides) ? "ride.asked" : "ride.nobody")}</strong>
          {may("rides", "act") ? (
            <button type="button" class="button small" onClick={() => void drive(visit, whom)}>
              {t("ride.i-drive")}
            </button>
          ) : null}
        </>
      ) : (
        <>
          <strong>
            {driver.me
              ? t("ride.you")
              : driver.kind === "arranged"
                ? t("ride.arranged", { name: driver.name ?? t("ride.driver") })
                : t("ride.family", { name: driver.name })}
          </strong>
          {pickup === null ? null : (
            <span class="block">{t("ride.pickup", { at: brief(pickup, ride?.zone) })}</span>
          )}
        </>
      )}
    </Fact>
  );
}

const asked = (rides: readonly Ride[]): boolean => rides.some((one) => one.status === "asked");

/** I drive: the drive that stands on the list, or a new one. */
async function drive(visit: Visit, whom: Person): Promise<void> {
  const path = { patient_id: whom.patient_id };
  await attempt(async () => {
    const known = of("task").find((one) => one.kind === "ride" && one.visit_id === visit.id);
    const task =
      known ??
      (await call("post", "/v1/family/{patient_id}/tasks", {
        path,
        key: uuid7(),
        body: { kind: "ride", title: t("ride.title"), visit_id: visit.id },
      }));
    await call("post", "/v1/family/{patient_id}/tasks/{task_id}/claim", {
      path: { ...path, task_id: task.id },
      key: uuid7(),
    });
  });
  await sync();
}

/** What is mine, offered to me, or nobody's: the first three. */
function Doing() {
  const open = of("task").filter((one) => one.status !== "done" && one.kind !== "goal");
  if (open.length === 0) return null;
  const first = [...open].sort((a, b) => weight(b) - weight(a)).slice(0, 3);
  return (
    <section class="group">
      <h2>{t("to-do.title")}</h2>
      <ul class="cards">
        {first.map((one) => (
          <Errand key={one.id} task={one} />
        ))}
      </ul>
      {open.length > first.length ? (
        <To place="to-do" class="all">
          {t("to-do.all", { count: open.length })}
        </To>
      ) : null}
    </section>
  );
}

const weight = (one: { holder: { me: boolean } | null; offered_to: { me: boolean } | null }): number =>
  one.offered_to?.me === true ? 3 : one.holder?.me === true ? 2 : one.holder === null ? 1 : 0;

function Ways() {
  return (
    <section class="group">
      <ul class="rows">
        {may("rides") || may("needs") ? (
          <Row place="care" icon="heart">
            {t("care.title")}
          </Row>
        ) : null}
        {may("messages") ? (
          <Row place="messages" icon="messages">
            {t("messages.title")}
          </Row>
        ) : null}
      </ul>
      <Hours />
    </section>
  );
}
