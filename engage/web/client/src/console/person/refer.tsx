// Refer: find who helps, agree with the person on what is shared, send; and hand over the link.
import { batch, signal } from "@preact/signals";
import { useRef } from "preact/hooks";

import type { Listed, Need, ReferralMade } from "../../api/call";
import { speakOfReferring, t } from "../../shared/words";
import { attempt, openId, part } from "../desk";
import { Dialog } from "../dialog";
import { Handed } from "./handed";
import { titleOf } from "./needs";
import { person } from "./state";

const shown = signal(false);
const about = signal<Need | null>(null);
const chosen = signal<Listed | null>(null);
const made = signal<ReferralMade | null>(null);
const steps = signal<typeof import("./referring") | undefined>(undefined);

openId.subscribe(() => {
  shown.value = false;
});

export function openRefer(need: Need): void {
  batch(() => {
    about.value = need;
    chosen.value = null;
    made.value = null;
    shown.value = true;
  });
  if (steps.value !== undefined) return;
  const both = () => Promise.all([import("./referring"), speakOfReferring()]);
  void attempt(() => part(both)).then((found) => {
    steps.value = found?.[0];
    if (found === undefined) shown.value = false;
  });
}

export function Refer() {
  const first = useRef<HTMLElement>(null);
  const need = about.value;
  const who = person.value;
  if (need === null || who === undefined) return null;
  return (
    <Dialog shown={shown} title={t("refer.title", { need: titleOf(need) })} first={first}>
      <div class="inside">
        {made.value !== null ? (
          <Handed
            made={made.value}
            email={chosen.value?.service.email ?? chosen.value?.organization.email ?? null}
            onDone={() => {
              shown.value = false;
            }}
          />
        ) : steps.value === undefined ? (
          <p class="soft">{t("loading")}</p>
        ) : chosen.value !== null ? (
          <steps.value.Sending
            need={need}
            to={chosen.value}
            who={who}
            onBack={() => {
              chosen.value = null;
            }}
            onMade={(one) => {
              made.value = one;
            }}
          />
        ) : (
          <steps.value.Directory
            domain={need.domain}
            language={who.language}
            onChoose={(one) => {
              chosen.value = one;
            }}
          />
        )}
      </div>
    </Dialog>
  );
}
