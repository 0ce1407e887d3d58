// One referral: where it stands, who set that and why, what is due, and what one can do about it.
import { useSignal } from "@preact/signals";

import { call, type Need, type Referral, type ReferralMade } from "../../api/call";
import { Moment } from "../../shared/moment";
import { named, t } from "../../shared/words";
import { Refused, useActing } from "../acting";
import { Heard } from "./heard";
import { TheLink } from "./handed";
import { titleOf } from "./needs";
import { loadPerson, ours } from "./state";

export function ReferralRow({ referral, need }: { referral: Referral; need: Need }) {
  const telling = useSignal(false);
  const over = referral.may_become.length === 0;
  const label = `${titleOf(need)}, ${referral.organization}`;
  return (
    <div class="referral" role="group" aria-label={t("referral.label", { label })} data-over={over}>
      <div class="row spread">
        <p>
          <strong>{referral.organization}</strong>
          {referral.service === null ? null : <span class="soft"> · {referral.service}</span>}
        </p>
        <span class={`standing ref-${referral.status}`}>
          {named("referral.status", referral.status)}
          {referral.business === null ? "" : ` · ${named("business", referral.business)}`}
        </span>
      </div>
      <blockquote>{referral.asked}</blockquote>
      <p class="soft small">
        {named("referral.way", referral.way)} · {consentOf(referral)}
        {referral.next_due === null ? null : (
          <>
            {" · "}
            {named("referral.due", referral.next_due.what)}{" "}
            <Moment at={referral.next_due.at} zone={ours.value} />
          </>
        )}
      </p>
      {over ? null : (
        <>
          <div class="row">
            <button
              type="button"
              class="button small"
              aria-expanded={telling.value}
              onClick={() => {
                telling.value = !telling.value;
              }}
            >
              {t("referral.heard")}
              <span class="unseen">: {label}</span>
            </button>
            {referral.way === "page" ? <Links referral={referral} label={label} /> : null}
          </div>
          {telling.value ? (
            <Heard
              referral={referral}
              onDone={() => {
                telling.value = false;
              }}
            />
          ) : null}
        </>
      )}
      <Steps referral={referral} />
    </div>
  );
}

function consentOf({ consent }: Referral): string {
  if (consent === null) return t("referral.unshared");
  const phone = consent.phone ? `, ${t("referral.with.phone")}` : "";
  const how = `${named("referral.how", consent.how)}${phone}`;
  return t("referral.shared", { how, name: consent.by_name ?? "" });
}

function Links({ referral, label }: { referral: Referral; label: string }) {
  const made = useSignal<ReferralMade | null>(null);
  const gone = useSignal(false);
  const acting = useActing(loadPerson);
  const change = async (act: "renew" | "revoke"): Promise<void> => {
    const done = await acting.act(
      () =>
        call("post", "/v1/referrals/{referral_id}/link", {
          path: { referral_id: referral.id },
          body: { act },
          // Each press means it anew.
          key: crypto.randomUUID(),
        }),
      t(act === "renew" ? "link.renewed" : "link.revoked"),
    );
    if (done === undefined) return;
    made.value = act === "renew" ? done : null;
    gone.value = act === "revoke";
  };
  return (
    <>
      <button
        type="button"
        class="button quiet small"
        aria-disabled={acting.busy.value}
        onClick={() => void change("renew")}
      >
        {t("link.renew")}
        <span class="unseen">: {label}</span>
      </button>
      <button
        type="button"
        class="button quiet small"
        aria-disabled={acting.busy.value}
        onClick={() => void change("revoke")}
      >
        {t("link.revoke")}
        <span class="unseen">: {label}</span>
      </button>
      <Refused of={acting} />
      {gone.value ? (
        <p role="status" class="small">
          {t("link.revoked")}
        </p>
      ) : null}
      {made.value?.link == null ? null : (
        <TheLink link={made.value.link} until={made.value.link_expires_at} email={null} />
      )}
    </>
  );
}

function Steps({ referral }: { referral: Referral }) {
  return (
    <details>
      <summary>{t("referral.history", { n: referral.history.length })}</summary>
      <ol class="ledger">
        {referral.history.map((one) => (
          <li key={one.id}>
            <p>
              <strong>{named("referral.status", one.status)}</strong>
              {one.reason === null ? "" : ` · ${named("refer.reason", one.reason)}`}
            </p>
            {one.note === null ? null : <blockquote>{one.note}</blockquote>}
            <p class="soft small">
              <Moment at={one.at} zone={ours.value} /> ·{" "}
              {one.by_name ?? (one.by === "target" ? referral.organization : named("setter", one.by))}
            </p>
          </li>
        ))}
      </ol>
    </details>
  );
}
