// Messages with the team: when somebody reads, before one writes; and never an emergency that waits
// silently. What can't be sent now is kept only if the writer says so, after 911 and 988.
import { signal } from "@preact/signals";

import { call, Problem } from "../api/call";
import type { Message } from "./kinds";
import { whenLeft } from "./leaving";
import { attempt, Head, Hours, Now } from "./parts";
import { drop, keep, put, type SavedMessage, written } from "./outbox";
import { away, may, of, person, saved, tell } from "./state";
import { sync } from "./sync";
import { brief } from "./time";
import { t } from "./words";

/** By person: what is written about one is never sent about another. */
const drafts = signal<Readonly<Record<string, string>>>({});
const busy = signal(false);
/** What was written without a network, before the writer has said what becomes of it. */
const held = signal<SavedMessage | null>(null);
const urgent = signal(false);
whenLeft(() => {
  drafts.value = {};
  held.value = null;
  urgent.value = false;
});

function draft(patient: string, words: string): void {
  drafts.value = { ...drafts.value, [patient]: words };
}

export function MessagesPage() {
  const whom = person.value;
  if (whom === undefined || !may("messages")) return <Head title={t("messages.title")} />;
  const said = of("message").sort((a, b) => (a.id < b.id ? -1 : 1));
  const waiting = saved.value.filter(
    (one): one is SavedMessage => one.kind === "message" && one.patient === whom.patient_id,
  );
  return (
    <>
      <Head title={t("messages.title")} lead={whom.self ? undefined : t("messages.about", { name: whom.given_name })} />
      <Hours />
      {urgent.value ? <Now title={t("urgent.title")} words={t("urgent.words")} /> : null}
      {said.length + waiting.length === 0 ? <p class="empty soft">{t("messages.none")}</p> : null}
      <ol class="talk">
        {said.map((one) => (
          <Said key={one.id} message={one} zone={whom.zone} />
        ))}
        {waiting.map((one) => (
          <li key={one.id} class="said mine unsent">
            <p class="body">{one.body}</p>
            <p class="about">{t("messages.unsent")}</p>
            <button type="button" class="button small" onClick={() => void drop(one.id)}>
              {t("messages.drop")}
            </button>
          </li>
        ))}
      </ol>
      {held.value?.patient === whom.patient_id ? <Held one={held.value} /> : <Compose patient={whom.patient_id} />}
    </>
  );
}

function Said({ message, zone }: { message: Message; zone: string }) {
  const mine = message.from === "me";
  return (
    <li class={mine ? "said mine" : "said"}>
      <p class="body">{message.body}</p>
      <p class="about">
        {mine ? t("messages.you") : (message.name ?? t("messages.team"))} · {brief(message.at, zone)}
      </p>
    </li>
  );
}

function Compose({ patient }: { patient: string }) {
  if (!may("messages", "act")) return null;
  const send = async (event: Event): Promise<void> => {
    event.preventDefault();
    const body = (drafts.value[patient] ?? "").trim();
    if (body === "" || busy.value) return;
    const one: SavedMessage = { kind: "message", ...written(patient), body };
    urgent.value = false;
    if (away.value) {
      held.value = one;
      return;
    }
    busy.value = true;
    await attempt(async () => {
      try {
        const answer = await call("post", "/v1/family/{patient_id}/messages", {
          path: { patient_id: patient },
          body: { id: one.id, body },
          key: one.id,
        });
        urgent.value = answer.urgent;
        draft(patient, "");
        if (!answer.urgent) tell("good", t("messages.sent"));
        await sync();
      } catch (problem) {
        // The sign-in has ended: what was to be sent waits for whoever wrote it.
        if (problem instanceof Problem && problem.status === 401) await put(one);
        if (!(problem instanceof Problem) || problem.status !== 0) throw problem;
        away.value = true;
        held.value = one;
      }
    });
    busy.value = false;
  };
  return (
    <form class="compose" onSubmit={(event) => void send(event)}>
      {away.value ? <p class="notice wrong">{t("messages.offline")}</p> : null}
      <label>
        {t("messages.write")}
        <textarea
          rows={3}
          maxLength={1600}
          required
          value={drafts.value[patient] ?? ""}
          onInput={(event) => draft(patient, event.currentTarget.value)}
        />
      </label>
      <button type="submit" class="button first" disabled={busy.value}>
        {t("messages.send")}
      </button>
    </form>
  );
}

/** Nobody reads it until it is sent: who is in danger calls, and whoever keeps it knows that. */
function Held({ one }: { one: SavedMessage }) {
  return (
    <>
      <Now title={t("held.title")} words={t("held.words")} />
      <section class="card stack">
        <p class="body quoted">{one.body}</p>
        <button
          type="button"
          class="button wide"
          onClick={() => {
            held.value = null;
            draft(one.patient, "");
            void keep(one);
          }}
        >
          {t("held.keep")}
        </button>
        <button type="button" class="button quiet" onClick={() => (held.value = null)}>
          {t("held.back")}
        </button>
      </section>
    </>
  );
}
