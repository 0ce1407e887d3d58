// Where a check-in stands on the phone itself: what the server asked last, and what was answered since
// and not sent yet. What may be asked next came along with the question, so all of it can be answered
// without a network; the answers go one after the other, and what the server asks then is what counts.
import type { CheckIn } from "./kinds";
import type { Saved } from "./outbox";

export interface Standing {
  /** The question to be shown; null: none is left here. */
  asked: CheckIn | null;
  /** How many answers wait on the phone. */
  waits: number;
  /** The last of them may mean danger: nothing more is asked, and 911 and 988 are shown at once. */
  danger: boolean;
}

type Question = CheckIn["question"];

const chosen = (one: Saved): readonly string[] =>
  one.kind !== "answer"
    ? []
    : one.answer.type === "chosen"
      ? [one.answer.option]
      : one.answer.type === "chosen-several"
        ? one.answer.options
        : [];

export function standing(asked: CheckIn | null, saved: readonly Saved[], patient: string): Standing {
  const mine = saved.filter((one) => one.kind === "answer" && one.patient === patient);
  const said = new Map<string, readonly string[]>();
  const isAsked = ({ only_after: after }: Question): boolean =>
    after === null || (said.get(after.prompt) ?? []).some((one) => after.options.includes(one));
  let now: Question | undefined = asked?.question;
  let ahead = [...(asked?.ahead ?? [])];
  for (const one of mine) {
    // Of another check-in, or of a question that the server has passed already.
    if (one.kind !== "answer" || one.checkIn !== asked?.id || one.prompt !== now?.key) continue;
    const options = chosen(one);
    said.set(one.prompt, options);
    if (now.options.some((option) => option.stops && options.includes(option.key))) {
      return { asked: null, waits: mine.length, danger: true };
    }
    const place = ahead.findIndex(isAsked);
    now = place < 0 ? undefined : ahead[place];
    ahead = place < 0 ? [] : ahead.slice(place + 1);
  }
  if (asked === null || now === undefined) return { asked: null, waits: mine.length, danger: false };
  const left = said.size === 0 ? asked.left : 1 + ahead.filter(isAsked).length;
  return { asked: { ...asked, question: now, ahead, left }, waits: mine.length, danger: false };
}
