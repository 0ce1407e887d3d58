// Texting and consent: whether somebody is texted and why, what they want, who said so and when; and
// a way to write down what they told us.
import { useSignal } from "@preact/signals";
import { useEffect, useId, useRef } from "preact/hooks";

import type { Consent as Held, ConsentEntry, Patient } from "../api/call";
import { Moment } from "../shared/moment";
import { when } from "../shared/time";
import { isWord, named, t } from "../shared/words";
import { patient, texting, zoneOf } from "./desk";
import { Dialog } from "./dialog";
import { Fact } from "./facts";
import {
  about,
  claim,
  consent,
  enrol,
  record,
  shown,
  told,
  unclaimed,
  type Kind,
  type Purpose,
} from "./texting";

const PURPOSES: Purpose[] = ["care-texts", "screenings", "check-ins", "visits"];
const WITH_PURPOSE: Kind[] = ["granted", "declined", "withdrawn"];
const LONGEST_REASON = 500;

export function Consent() {
  const first = useRef<HTMLParagraphElement>(null);
  const person = about.value;
  return (
    <Dialog shown={shown} title={t("consent.title")} first={first}>
      <div class="inside">
        <p ref={first} tabIndex={-1}>
          <strong>
            {person?.given_name} {person?.family_name}
          </strong>
        </p>
        {person === null ? null : <Inside key={person.id} person={person} />}
      </div>
    </Dialog>
  );
}

function Inside({ person }: { person: Patient }) {
  const held = consent.value;
  const became = told.value;
  const where = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (became !== null) where.current?.scrollIntoView({ block: "nearest" });
  }, [became]);
  return (
    <>
      <Stands person={person} held={held} />
      <Asking />
      <div role="alert" ref={where}>
        {became === null ? null : (
          <p class={`notice ${became.wrong ? "wrong" : "done"}`}>{became.words}</p>
        )}
      </div>
      {held === undefined ? null : (
        <>
          <Telling held={held} />
          <Ledger held={held} person={person} />
        </>
      )}
    </>
  );
}

function Stands({ person, held }: { person: Patient; held: Held | undefined }) {
  const now = patient.value?.id === person.id ? texting.value : undefined;
  const zone = zoneOf(person.practice_id);
  return (
    <dl class="facts">
      {now === undefined ? null : (
        <>
          <Fact name={t("consent.now")}>
            {now.words}
          </Fact>
          {now.planned.words === now.words ? null : (
            <Fact name={t("consent.planned")}>
              {now.planned.words}
            </Fact>
          )}
          <Fact name={t("why.time")}>
            {now.clock.words}
          </Fact>
        </>
      )}
      {held === undefined ? null : (
        <>
          <Fact name={t("consent.phone")}>
            {held.phone === null
              ? t("consent.no.phone")
              : held.phone.open
                ? t("consent.phone.open")
                : t("consent.phone.closed", { when: when(held.phone.closed_at ?? "", zone) })}
          </Fact>
          {held.phone === null ? null : (
            <>
              <Fact name={t("consent.whose")}>{named("known", held.phone.known)}</Fact>
              <Fact name={t("consent.verified")}>
                {held.phone.verified_at === null ? (
                  t("consent.unverified")
                ) : (
                  <Moment at={held.phone.verified_at} zone={zone} />
                )}
              </Fact>
            </>
          )}
          <Fact name={t("consent.wants")}>{listed(held, true) || t("consent.nothing")}</Fact>
          {held.purposes.every((one) => one.wanted) ? null : (
            <Fact name={t("consent.refuses")}>{listed(held, false)}</Fact>
          )}
        </>
      )}
    </dl>
  );
}

function listed(held: Held, wanted: boolean): string {
  const some = held.purposes.filter((one) => one.wanted === wanted);
  return some.map((one) => named("purpose", one.purpose)).join(", ");
}

/** What the phone can be asked, and what came from it before it was anybody's. */
function Asking() {
  const busy = useSignal(false);
  const act = async (what: () => Promise<void>): Promise<void> => {
    if (busy.value) return;
    busy.value = true;
    await what().finally(() => {
      busy.value = false;
    });
  };
  return (
    <div class="row">
      <button
        type="button"
        class="button small"
        aria-disabled={busy.value}
        onClick={() => void act(enrol)}
      >
        {t("consent.enrol")}
      </button>
      <button
        type="button"
        class="button small"
        aria-disabled={busy.value}
        onClick={() => void act(claim)}
      >
        {t(unclaimed.value ? "consent.claim.more" : "consent.claim")}
      </button>
    </div>
  );
}

/** What may be recorded as things stand: an open phone is not opened. */
function kinds(held: Held): Kind[] {
  const closed = held.phone?.open === false;
  const dead = texting.value?.reason?.startsWith("phone-") ?? false;
  const whose: Kind[] = ["right-person", "wrong-person"];
  const all: Kind[] = [...WITH_PURPOSE, closed ? "opted-in" : "opted-out", ...whose];
  return dead ? ["works-again", ...all] : [...all, "works-again"];
}

function Telling({ held }: { held: Held }) {
  const id = useId();
  const kind = useSignal<Kind | null>(null);
  const purpose = useSignal<Purpose | "">("");
  const reason = useSignal("");
  const missing = useSignal<"kind" | "purpose" | "reason" | null>(null);
  const busy = useSignal(false);
  const fold = useRef<HTMLDetailsElement>(null);
  const first = useRef<HTMLInputElement>(null);
  const which = useRef<HTMLSelectElement>(null);
  const why = useRef<HTMLTextAreaElement>(null);
  const chosen = kind.value;
  const purposeful = chosen !== null && WITH_PURPOSE.includes(chosen);
  const lacks = missing.value;

  const lacking = (): typeof missing.value => {
    if (chosen === null) return "kind";
    if (chosen === "granted" && purpose.value === "") return "purpose";
    return reason.value.trim() === "" ? "reason" : null;
  };
  const save = async (): Promise<void> => {
    missing.value = lacking();
    if (missing.value !== null) {
      ({ kind: first, purpose: which, reason: why })[missing.value].current?.focus();
      return;
    }
    if (chosen === null || busy.value) return;
    busy.value = true;
    const what = purposeful && purpose.value !== "" ? purpose.value : null;
    const done = await record(chosen, what, reason.value.trim()).finally(() => {
      busy.value = false;
    });
    if (!done) return;
    kind.value = null;
    purpose.value = "";
    reason.value = "";
    if (fold.current !== null) fold.current.open = false;
    fold.current?.querySelector("summary")?.focus({ preventScroll: true });
  };

  return (
    <details ref={fold}>
      <summary>{t("consent.record")}</summary>
      <form
        class="ask"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <fieldset aria-describedby={lacks === "kind" ? `${id}-missing` : undefined}>
          <legend class="label">{t("consent.what")}</legend>
          {kinds(held).map((one, place) => (
            <label key={one} class="choice">
              <input
                type="radio"
                name={`${id}-kind`}
                {...(place === 0 ? { ref: first } : {})}
                checked={chosen === one}
                onChange={() => {
                  kind.value = one;
                  missing.value = null;
                }}
              />
              {named("record", one)}
            </label>
          ))}
        </fieldset>
        {purposeful ? (
          <>
            <label for={`${id}-purpose`}>{t("consent.about")}</label>
            <select
              ref={which}
              id={`${id}-purpose`}
              value={purpose.value}
              aria-describedby={lacks === "purpose" ? `${id}-missing` : undefined}
              onChange={(event) => {
                purpose.value = PURPOSES.find((one) => one === event.currentTarget.value) ?? "";
                missing.value = null;
              }}
            >
              <option value="">{t(chosen === "granted" ? "consent.choose" : "purpose.all")}</option>
              {PURPOSES.map((one) => (
                <option key={one} value={one}>
                  {named("purpose", one)}
                </option>
              ))}
            </select>
          </>
        ) : null}
        <label for={`${id}-reason`}>{t("consent.reason")}</label>
        <textarea
          ref={why}
          id={`${id}-reason`}
          rows={2}
          maxLength={LONGEST_REASON}
          value={reason.value}
          aria-required="true"
          aria-describedby={lacks === "reason" ? `${id}-missing` : undefined}
          onInput={(event) => {
            reason.value = event.currentTarget.value;
          }}
        />
        <p class="soft small">{t("consent.kept")}</p>
        <p role="alert" id={`${id}-missing`} class="missing small">
          {lacks === null ? "" : t(`consent.need.${lacks}`)}
        </p>
        <button class="button first" type="submit" disabled={busy.value}>
          {t("consent.save")}
        </button>
      </form>
    </details>
  );
}

function Ledger({ held, person }: { held: Held; person: Patient }) {
  const id = useId();
  return (
    <section aria-labelledby={id}>
      <h3 id={id}>{t("consent.ledger")}</h3>
      {held.entries.length === 0 ? <p class="soft">{t("consent.ledger.none")}</p> : null}
      <ol class="ledger">
        {held.entries.map((one) => (
          <li key={one.id}>
            <p>{inWords(one)}</p>
            {one.reason === null ? null : <blockquote>{one.reason}</blockquote>}
            <p class="soft small">
              <Moment at={one.at} zone={zoneOf(person.practice_id)} /> ·{" "}
              {one.staff_name === null
                ? named("actor", one.by)
                : t("consent.by", { name: one.staff_name })}
              {one.wording === null
                ? ""
                : ` · ${t("consent.wording", { ...one.wording })} (${named("language", one.wording.language)})`}
            </p>
          </li>
        ))}
      </ol>
    </section>
  );
}

/** An entry of a kind that is newer than this page is said as the server says it. */
function inWords(entry: ConsentEntry): string {
  const kind = `ledger.${entry.kind}`;
  const word = [`${kind}.${entry.how}`, kind].find(isWord);
  if (word === undefined) return entry.words;
  const purpose = named("purpose", entry.purpose ?? "all");
  return t(word, { how: named("how", entry.how), purpose });
}
