// Put a need to one organization: how, what is asked, and what the person agreed to share. Who calls
// for themselves shares nothing, so nothing is asked of them.
import { useSignal } from "@preact/signals";
import { useEffect, useId, useRef } from "preact/hooks";

import { call, type Listed, type Need, type Patient, type Referral, type ReferralMade } from "../../api/call";
import { named, t } from "../../shared/words";
import { Refused, useActing } from "../acting";
import { keyOf } from "../desk";
import { Area, Choice, Missing } from "../fields";
import { Helper } from "./directory";
import { loadPerson } from "./state";

type Way = Referral["way"];
const WAYS: Way[] = ["page", "staff", "self"];
const HOW = ["verbal", "written"] as const;

interface Props {
  need: Need;
  to: Listed;
  who: Patient;
  onBack: () => void;
  onMade: (one: ReferralMade) => void;
}

export function Sending({ need, to, who, onBack, onMade }: Props) {
  const id = useId();
  const way = useSignal<Way | null>("page");
  const how = useSignal<(typeof HOW)[number] | null>(null);
  const phone = useSignal(false);
  const asked = useSignal("");
  const lacks = useSignal<"asked" | "consent" | null>(null);
  const acting = useActing(loadPerson);
  const head = useRef<HTMLHeadingElement>(null);
  const form = useRef<HTMLFormElement>(null);
  const agreed = useRef<HTMLInputElement | null>(null);
  useEffect(() => {
    head.current?.focus();
  }, []);
  const self = way.value === "self";

  const send = async (): Promise<void> => {
    const words = asked.value.trim();
    lacks.value = words === "" ? "asked" : !self && how.value === null ? "consent" : null;
    if (lacks.value === "asked") form.current?.querySelector("textarea")?.focus();
    if (lacks.value === "consent") agreed.current?.focus();
    if (lacks.value !== null) return;
    const body = {
      organization_id: to.organization.id,
      service_id: to.service.id,
      way: way.value ?? "page",
      asked: words,
      consent: self || how.value === null ? null : { how: how.value, phone: phone.value },
    };
    const made = await acting.act(
      () =>
        call("post", "/v1/needs/{need_id}/referrals", {
          path: { need_id: need.id },
          body,
          key: keyOf(`refer ${need.id} ${need.version} ${JSON.stringify(body)}`),
        }),
      t("refer.made", { organization: to.organization.name }),
    );
    if (made === undefined) return;
    onMade(made);
    void loadPerson();
  };

  return (
    <form
      ref={form}
      class="ask"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <h3 ref={head} tabIndex={-1}>
        {t("refer.to")}
      </h3>
      <Helper of={to} />
      <Choice legend={t("refer.way")} of={WAYS} value={way} say={(one) => named("refer.way", one)} />
      <Area
        label={t(self ? "refer.asked.self" : "refer.asked")}
        value={asked}
        most={1000}
        hint={t(self ? "refer.asked.self.hint" : "refer.asked.hint")}
        needed
        describedBy={lacks.value === "asked" ? `${id}-missing` : undefined}
      />
      {self ? null : (
        <>
          <Choice
            legend={t("refer.consent", { name: who.given_name })}
            of={HOW}
            value={how}
            say={(one) => named("refer.how", one)}
            firstRef={(element) => {
              agreed.current = element;
            }}
            describedBy={lacks.value === "consent" ? `${id}-missing` : `${id}-shared`}
          />
          <p class="soft small" id={`${id}-shared`}>
            {t("refer.shared")}
          </p>
          {who.phone === null ? null : (
            <label class="choice">
              <input
                type="checkbox"
                checked={phone.value}
                onChange={(event) => {
                  phone.value = event.currentTarget.checked;
                }}
              />
              <span>{t("refer.phone")}</span>
            </label>
          )}
        </>
      )}
      <Missing
        id={`${id}-missing`}
        words={lacks.value === null ? null : t(`refer.lacks.${lacks.value}`, { name: who.given_name })}
      />
      <Refused of={acting} />
      <div class="row">
        <button type="submit" class="button first" disabled={acting.busy.value}>
          {t("refer.do")}
        </button>
        <button type="button" class="button quiet" onClick={onBack}>
          {t("refer.back")}
        </button>
      </div>
    </form>
  );
}
