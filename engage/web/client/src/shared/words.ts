// Every word the pages say on their own account, in both languages, by meaning in words/. What people
// wrote, and the wording of instruments, is never here: it is shown as it is.
import { language } from "./look";
import * as common from "./words/common";
import * as consent from "./words/consent";
import * as frame from "./words/frame";
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

export type Word = keyof typeof en;

const es: Record<Word, string> = {
  ...common.es,
  ...consent.es,
  ...frame.es,
  ...phone.es,
  ...queue.es,
  ...texts.es,
  ...work.es,
};

type Filled = Record<string, string | number>;

export function t(word: Word, filled: Filled = {}): string {
  const said: string = (language.value === "es" ? es : en)[word];
  return said.replace(/\{(\w+)\}/g, (_, name: string) => String(filled[name] ?? ""));
}

export function isWord(word: string): word is Word {
  return word in en;
}

/** A code of the API in words; one that is newer than this page is shown as its own words. */
export function named(kind: string, code: string): string {
  const word = `${kind}.${code}`;
  if (isWord(word)) return t(word);
  const last = code.split(":").at(-1) ?? code;
  return last.replaceAll(/[-_]/g, " ");
}
