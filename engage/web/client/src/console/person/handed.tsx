// What was made: the one-time link for the organization, shown here once, to be copied or e-mailed.
import { useSignal } from "@preact/signals";
import { useEffect, useId, useRef } from "preact/hooks";

import type { ReferralMade } from "../../api/call";
import { when } from "../../shared/time";
import { t } from "../../shared/words";
import { ours } from "./state";

interface Props {
  made: ReferralMade;
  email: string | null;
  onDone: () => void;
}

export function Handed({ made, email, onDone }: Props) {
  const head = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    head.current?.focus();
  }, []);
  const one = made.referral;
  return (
    <div class="ask">
      <h3 ref={head} tabIndex={-1}>
        {t("refer.made", { organization: one.organization })}
      </h3>
      {made.link === null ? (
        <p>{t(one.way === "self" ? "refer.made.self" : "refer.made.staff")}</p>
      ) : (
        <TheLink link={made.link} until={made.link_expires_at} email={email} />
      )}
      <button type="button" class="button" onClick={onDone}>
        {t("refer.finish")}
      </button>
    </div>
  );
}

interface LinkProps {
  link: string;
  until: string | null;
  /** Of the organization; left out where the link is for the person themselves. */
  email?: string | null;
}

export function TheLink({ link, until, email }: LinkProps) {
  const own = email === undefined;
  const id = useId();
  const copied = useSignal<"yes" | "no" | null>(null);
  const field = useRef<HTMLInputElement>(null);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(link);
      copied.value = "yes";
    } catch {
      // Not every browser lets a page write there: it is selected, and one copies by hand.
      field.current?.select();
      copied.value = "no";
    }
  };
  // Nothing of the person stands in the mail: the page tells what they agreed to, and to its holder.
  const mail = `mailto:${email ?? ""}?subject=${encodeURIComponent(t("link.subject"))}&body=${encodeURIComponent(t("link.body", { link }))}`;
  return (
    <div class="ask inset">
      <label for={id}>{t(own ? "link.own" : "link.label")}</label>
      <input
        id={id}
        ref={field}
        readOnly
        value={link}
        aria-describedby={`${id}-once`}
        onFocus={() => {
          field.current?.select();
        }}
      />
      <p class="small" id={`${id}-once`}>
        {t(own ? "link.own.once" : "link.once")} {until === null ? "" : t("link.until", { date: when(until, ours.value) })}
      </p>
      <div class="row">
        <button type="button" class="button first" onClick={() => void copy()}>
          {t("link.copy")}
        </button>
        {own ? null : (
          <a class="button" href={mail}>
            {email === null ? t("link.mail") : t("link.mail.to", { email })}
          </a>
        )}
      </div>
      <p role="status" class="small">
        {copied.value === null ? "" : t(copied.value === "yes" ? "link.copied" : "link.select")}
      </p>
    </div>
  );
}
