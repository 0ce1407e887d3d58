// A clock that runs down. Eyes see it run; a screen reader is told the moment, and once that a
// minute is left. Who wants less motion sees it change every ten seconds, in whole minutes.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { clock, now, span, type Zone } from "../../shared/time";
import { t } from "../../shared/words";
import { said } from "../desk";

const LAST_S = 60;

interface Props {
  /** When it is over. */
  to: string;
  zone: Zone;
  /** Said once, when the last minute begins. */
  last: string;
}

export function Countdown({ to, zone, last }: Props) {
  const at = useSignal(Date.now());
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const told = useSignal(false);
  useEffect(() => {
    if (calm) return;
    const ticking = setInterval(() => {
      if (!document.hidden) at.value = Date.now();
    }, 1000);
    return () => {
      clearInterval(ticking);
    };
  }, [calm]);
  const seconds = Math.ceil((Date.parse(to) - (calm ? now.value : at.value)) / 1000);
  useEffect(() => {
    told.value = false;
  }, [to]);
  const soon = seconds > 0 && seconds <= LAST_S;
  useEffect(() => {
    if (!soon || told.value) return;
    told.value = true;
    said.value = last;
  }, [soon]);
  return (
    <time dateTime={to}>
      <span class="unseen">{clock(to, zone)}</span>
      <span class="countdown" aria-hidden="true">
        {seconds <= 0 ? t("crisis.moment") : calm || seconds >= 3600 ? span(seconds / 60) : digits(seconds)}
      </span>
    </time>
  );
}

/** "3:20" */
function digits(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
