// The wording of instruments, as the API gives it, in the reader's language where there is one.
import { language } from "../shared/look";
import { isWord, t } from "../shared/words";
import { instruments } from "./desk";

/** How a screening is called, in the reader's language. */
export function titleOf(id: string): string {
  const word = `instrument.${id}`;
  if (isWord(word)) return t(word);
  const script = `script.${id}`;
  if (isWord(script)) return t(script);
  return instruments.value.find((one) => one.id === id)?.title ?? id;
}

function question(prompt: string | null) {
  if (prompt === null) return undefined;
  return instruments.value.flatMap((one) => one.questions).find((one) => one.key === prompt);
}

export function questionOf(prompt: string | null, otherwise: string | null): string | null {
  return question(prompt)?.text[language.value] ?? otherwise;
}

/** What the number of an answer stands for: "1" is "Often true". */
export function optionOf(prompt: string | null, words: string): string | null {
  const number = words.trim();
  const option = question(prompt)?.options.find((one) => String(one.number) === number);
  return option?.text[language.value] ?? option?.text["en"] ?? null;
}
