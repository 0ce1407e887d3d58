// Every word of the app on its own account, by meaning; a phone loads those of its language. What
// people wrote, and the wording of questions, is never here: it is shown as it is.
import { signal } from "@preact/signals";

import { language, type Language } from "../shared/look";
import type { words as english } from "./words/family-en";

export type Word = keyof typeof english;
type Words = Readonly<Record<Word, string>>;

const LANGUAGES: Record<Language, () => Promise<{ words: Words }>> = {
  en: () => import("./words/family-en"),
  es: () => import("./words/family-es"),
};
const known = signal<Partial<Words>>({});

/** Speak a language from now on: once its words are there. */
export async function speak(one: Language = language.value): Promise<void> {
  known.value = (await LANGUAGES[one]()).words;
  language.value = one;
  const manifest = document.querySelector<HTMLLinkElement>("link[rel=manifest]");
  if (manifest !== null) manifest.href = `/family/manifest${one === "es" ? ".es" : ""}.webmanifest`;
}

type Filled = Record<string, string | number | null | undefined>;

export function t(word: Word, filled: Filled = {}): string {
  const said = known.value[word] ?? word;
  return said.replace(/\{(\w+)\}/g, (_, name: string) => String(filled[name] ?? ""));
}

/** One, or several: "1 question left", "3 questions left". */
export function counted(one: Word, more: Word, count: number): string {
  return t(new Intl.PluralRules(language.value).select(count) === "one" ? one : more, { count });
}

/** A code of the API in words; one that is newer than this app as its own words. */
export function named(kind: string, code: string): string {
  const word = `${kind}.${code}`;
  return word in known.value ? t(word as Word) : code.replaceAll(/[-_]/g, " ");
}
