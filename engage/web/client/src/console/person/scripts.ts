// The check-in scripts, read once when a page first needs them.
import { signal } from "@preact/signals";

import { call, type CheckInScript } from "../../api/call";
import { language } from "../../shared/look";
import { isWord, t } from "../../shared/words";
import { attempt } from "../desk";

export const scripts = signal<CheckInScript[] | undefined>(undefined);

let asked = false;

export async function loadScripts(): Promise<void> {
  if (asked) return;
  asked = true;
  const found = await attempt(() => call("get", "/v1/check-in-scripts"));
  if (found === undefined) asked = false;
  else scripts.value = found.items;
}

export function scriptTitle(id: string): string {
  const word = `script.${id}`;
  if (isWord(word)) return t(word);
  return scripts.value?.find((one) => one.id === id)?.title ?? id;
}

/** "from 185 lb on" */
export function limitInWords(script: string, name: string, value: number): string {
  const one = scripts.value
    ?.find((each) => each.id === script)
    ?.thresholds.find((each) => each.name === name);
  if (one === undefined) return `${name} ${value}`;
  const word = one.when === "at-least" ? "limit.at-least" : "limit.at-most";
  return t(word, { value, unit: one.unit });
}

export function limitName(name: string): string {
  const word = `limit.${name}`;
  return isWord(word) ? t(word) : name.replaceAll(/[.-]/g, " ");
}

/** What was asked, by the key of the question. */
export function askedOf(key: string): string {
  const found = scripts.value?.flatMap((one) => one.questions).find((one) => one.key === key);
  return found?.text[language.value] ?? found?.text["en"] ?? key;
}

export function answeredOf(key: string, option: string): string {
  const found = scripts.value?.flatMap((one) => one.questions).find((one) => one.key === key);
  const words = found?.options[option];
  return words?.[language.value] ?? words?.["en"] ?? option;
}
