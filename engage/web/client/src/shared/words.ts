// Every word the pages say on their own account, by language and by meaning in words/. A reader loads
// the words of one language, and those of the pages beside the queue with these pages. What people
// wrote, and the wording of instruments, is never here: it is shown as it is.
import { language, type Language } from "./look";
import type { words as admin } from "./words/en-admin";
import type { words as first } from "./words/en";
import type { words as more } from "./words/en-more";
import type { words as dialogs } from "./words/en-dialogs";
import type { words as door } from "./words/en-door";
import type { words as paging } from "./words/en-paging";
import type { words as rare } from "./words/en-rare";
import type { words as refer } from "./words/en-refer";
import type { words as restricted } from "./words/en-restricted";
import type { words as team } from "./words/en-team";
import type { words as story } from "./words/en-story";
import type { words as visiting } from "./words/en-visiting";
import type { words as why } from "./words/en-why";
import type { words as work } from "./words/en-work";

type Words = Record<string, string>;
export type Word =
  | keyof typeof first
  | keyof typeof more
  | keyof typeof admin
  | keyof typeof dialogs
  | keyof typeof door
  | keyof typeof paging
  | keyof typeof rare
  | keyof typeof refer
  | keyof typeof restricted
  | keyof typeof team
  | keyof typeof story
  | keyof typeof visiting
  | keyof typeof why
  | keyof typeof work;

const FIRST: Record<Language, () => Promise<{ words: Words }>> = {
  en: () => import("./words/en"),
  es: () => import("./words/es"),
};
const MORE: typeof FIRST = {
  en: () => import("./words/en-more"),
  es: () => import("./words/es-more"),
};

const DOOR: typeof FIRST = {
  en: () => import("./words/en-door"),
  es: () => import("./words/es-door"),
};

const RARE: typeof FIRST = {
  en: () => import("./words/en-rare"),
  es: () => import("./words/es-rare"),
};

const REFER: typeof FIRST = {
  en: () => import("./words/en-refer"),
  es: () => import("./words/es-refer"),
};

const RESTRICTED: typeof FIRST = {
  en: () => import("./words/en-restricted"),
  es: () => import("./words/es-restricted"),
};

const PAGING: typeof FIRST = {
  en: () => import("./words/en-paging"),
  es: () => import("./words/es-paging"),
};

const ADMIN: typeof FIRST = {
  en: () => import("./words/en-admin"),
  es: () => import("./words/es-admin"),
};

const VISITING: typeof FIRST = {
  en: () => import("./words/en-visiting"),
  es: () => import("./words/es-visiting"),
};

const DIALOGS: typeof FIRST = {
  en: () => import("./words/en-dialogs"),
  es: () => import("./words/es-dialogs"),
};

const TEAM: typeof FIRST = {
  en: () => import("./words/en-team"),
  es: () => import("./words/es-team"),
};

const WORK: typeof FIRST = {
  en: () => import("./words/en-work"),
  es: () => import("./words/es-work"),
};

const STORY: typeof FIRST = {
  en: () => import("./words/en-story"),
  es: () => import("./words/es-story"),
};

const WHY: typeof FIRST = {
  en: () => import("./words/en-why"),
  es: () => import("./words/es-why"),
};

const known: Record<Language, Words> = { en: {}, es: {} };
let wanted = [FIRST];

async function learn(one: Language): Promise<void> {
  const parts = await Promise.all(wanted.map((of) => of[one]()));
  Object.assign(known[one], ...parts.map((part) => part.words));
}

/** Speak a language from now on: once its words are there. */
export async function speak(one: Language = language.value): Promise<void> {
  await learn(one);
  language.value = one;
}

/** Bring the words of further pages, too. */
async function also(more: typeof FIRST): Promise<void> {
  if (!wanted.includes(more)) wanted = [...wanted, more];
  await learn(language.value);
}

export const speakMore = (): Promise<void> => also(MORE);
export const speakOfAdministration = (): Promise<void> => also(ADMIN);
export const speakOfDoor = (): Promise<void> => also(DOOR);
export const speakOfPaging = (): Promise<void> => also(PAGING);
export const speakOfReferring = (): Promise<void> => also(REFER);
export const speakOfRestricted = (): Promise<void> => also(RESTRICTED);
export const speakRarely = (): Promise<void> => also(RARE);
export const speakInDialogs = (): Promise<void> => also(DIALOGS);
export const speakOfTeam = (): Promise<void> => also(TEAM);
export const speakOfWork = (): Promise<void> => also(WORK);
export const speakOfStories = (): Promise<void> => also(STORY);
export const speakOfReasons = (): Promise<void> => also(WHY);
export const speakOfVisits = (): Promise<void> => also(VISITING);

type Filled = Record<string, string | number>;

export function t(word: Word, filled: Filled = {}): string {
  const said = known[language.value][word] ?? word;
  return said.replace(/\{(\w+)\}/g, (_, name: string) => String(filled[name] ?? ""));
}

export function isWord(word: string): word is Word {
  return word in known[language.value];
}

/** A code of the API in words; one that is newer than this page is shown as its own words. */
export function named(kind: string, code: string): string {
  const word = `${kind}.${code}`;
  if (isWord(word)) return t(word);
  const last = code.split(":").at(-1) ?? code;
  return last.replaceAll(/[-_]/g, " ");
}
