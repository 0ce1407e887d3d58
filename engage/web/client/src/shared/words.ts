// Every word the pages say on their own account, in both languages, by meaning in words/. What people
// wrote, and the wording of instruments, is never here: it is shown as it is.
import { language } from "./look";
import * as common from "./words/common";
import * as consent from "./words/consent";
import * as frame from "./words/frame";
import type * as more from "./words/more";
import * as phone from "./words/phone";
import * as queue from "./words/queue";
import * as texts from "./words/texts";
import * as work from "./words/work";

const en = {
  ...common.en,
  ...consent.en,
  ...frame.en,
  ...phone.en,
  ...queue.en,
  ...texts.en,
  ...work.en,
} as const;

type First = keyof typeof en;
export type Word = First | keyof typeof more.en;

const es: Record<First, string> = {
  ...common.es,
  ...consent.es,
  ...frame.es,
  ...phone.es,
  ...queue.es,
  ...texts.es,
  ...work.es,
};

/** By language; the pages that come later bring their own. */
const known: Record<"en" | "es", Partial<Record<string, string>>> = { en: { ...en }, es: { ...es } };

export function learn(inEnglish: Record<string, string>, inSpanish: Record<string, string>): void {
  Object.assign(known.en, inEnglish);
  Object.assign(known.es, inSpanish);
}

type Filled = Record<string, string | number>;

export function t(word: Word, filled: Filled = {}): string {
  const said = known[language.value][word] ?? word;
  return said.replace(/\{(\w+)\}/g, (_, name: string) => String(filled[name] ?? ""));
}

export function isWord(word: string): word is Word {
  return word in known.en;
}

/** A code of the API in words; one that is newer than this page is shown as its own words. */
export function named(kind: string, code: string): string {
  const word = `${kind}.${code}`;
  if (isWord(word)) return t(word);
  const last = code.split(":").at(-1) ?? code;
  return last.replaceAll(/[-_]/g, " ");
}
