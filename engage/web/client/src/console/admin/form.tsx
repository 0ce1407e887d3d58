// The one form of administration: what is at fault is listed first, each with a way to its field; what
// somebody else changed meanwhile is said, and nothing that was typed is lost.
import { useSignal, type Signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";

import type { Problem } from "../../api/call";
import { isWord, t } from "../../shared/words";
import { attempt, said } from "../desk";
import { refusal } from "../texting";

interface Fault {
  at: string;
  words: string;
}

export interface Editing {
  busy: Signal<boolean>;
  faults: Signal<Fault[]>;
  wrong: Signal<string | null>;
  meanwhile: Signal<string[] | null>;
  /** Try it; `changed` reads what somebody else changed meanwhile, in words. */
  save: <T>(
    what: () => Promise<T>,
    done: string,
    changed?: () => Promise<string[]>,
  ) => Promise<T | undefined>;
  /** Refuse it here, before anybody is asked. */
  refuse: (faults: Fault[]) => void;
}

export function useEditing(): Editing {
  const busy = useSignal(false);
  const faults = useSignal<Fault[]>([]);
  const wrong = useSignal<string | null>(null);
  const meanwhile = useSignal<string[] | null>(null);
  const refused = async (
    problem: Problem,
    changed: (() => Promise<string[]>) | undefined,
  ): Promise<true> => {
    if (problem.status === 412 && changed !== undefined) {
      meanwhile.value = await changed();
      return true;
    }
    faults.value = problem.errors.map((one) => ({ at: one.pointer, words: wordsOf(one) }));
    if (faults.value.length === 0) wrong.value = refusal(problem);
    return true;
  };
  const save: Editing["save"] = async (what, done, changed) => {
    if (busy.value) return undefined;
    busy.value = true;
    faults.value = [];
    wrong.value = null;
    meanwhile.value = null;
    const made = await attempt(what, (problem) => refused(problem, changed)).finally(() => {
      busy.value = false;
    });
    if (made !== undefined) said.value = done;
    return made;
  };
  const refuse = (found: Fault[]): void => {
    faults.value = found;
    wrong.value = meanwhile.value = null;
  };
  return { busy, faults, wrong, meanwhile, save, refuse };
}

function wordsOf(one: { code: string; detail: string }): string {
  const word = `fault.${one.code}`;
  return isWord(word) ? t(word) : one.detail;
}

interface Props {
  of: Editing;
  label: string;
  act: string;
  /** Only looked at: nothing can be changed, and there is nothing to press. */
  looks?: boolean;
  /** So long that what is sent has to stay in reach. */
  long?: boolean;
  send: () => void;
  children: ComponentChildren;
}

export function Form({ of, label, act, looks = false, long = false, send, children }: Props) {
  const form = useRef<HTMLFormElement>(null);
  const top = useRef<HTMLDivElement>(null);
  const count = of.faults.value.length;
  const words = of.wrong.value;
  const meanwhile = of.meanwhile.value;
  useEffect(() => {
    mark(form.current, of.faults.value);
    if (count > 0 || words !== null || meanwhile !== null) top.current?.focus();
  }, [of.faults.value, words, meanwhile]);
  return (
    <form
      ref={form}
      class={`ask admin-form${long ? " long" : ""}`}
      aria-label={label}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <div ref={top} tabIndex={-1} role="alert" class="faults">
        {words === null ? null : <p class="notice wrong">{words}</p>}
        {count === 0 ? null : (
          <div class="notice wrong">
            <p>{t(count === 1 ? "form.fault" : "form.faults", { n: count })}</p>
            <ul>
              {of.faults.value.map((one, place) => (
                <li key={place}>
                  <button
                    type="button"
                    class="linked"
                    onClick={() => fieldOf(form.current, one.at)?.focus()}
                  >
                    {[labelOf(form.current, one.at), one.words].filter(Boolean).join(": ")}
                  </button>
                </li>
              ))}
            </ul>
          </div>
        )}
        {meanwhile === null ? null : (
          <div class="notice warn">
            <p>{t("form.meanwhile")}</p>
            <ul>
              {meanwhile.map((one) => (
                <li key={one}>{one}</li>
              ))}
            </ul>
            <p>{t("form.again")}</p>
          </div>
        )}
      </div>
      <fieldset disabled={looks} class="fields">
        {children}
      </fieldset>
      {looks ? null : (
        <button type="submit" class="button first" disabled={of.busy.value}>
          {act}
        </button>
      )}
    </form>
  );
}

interface Where {
  /** Where its value stands in the body: a JSON pointer. */
  name: string;
  of: Editing;
  /** How the list of faults calls it, if its own label says too little there. */
  label?: string;
  children: ComponentChildren;
}

/** A field, or a part of a form, and what is wrong with it. */
export function At({ name, of, label, children }: Where) {
  const id = useId();
  const found = of.faults.value.filter((one) => one.at === name);
  return (
    <div data-at={name} data-label={label} data-says={id} class={found.length > 0 ? "at-fault" : ""}>
      {children}
      <p id={id} class="missing small">
        {found.map((one) => one.words).join(" ")}
      </p>
    </div>
  );
}

/** The place of a pointer in a form: its own, or the nearest around it. */
function placeIn(form: HTMLElement | null, pointer: string): HTMLElement | null {
  const every = [...(form?.querySelectorAll<HTMLElement>("[data-at]") ?? [])];
  const around = every.filter((one) => {
    const at = one.dataset["at"] ?? "";
    return pointer === at || pointer.startsWith(`${at}/`);
  });
  around.sort((a, b) => (b.dataset["at"] ?? "").length - (a.dataset["at"] ?? "").length);
  return around[0] ?? null;
}

const CONTROLS = "input, select, textarea, button";

function fieldOf(form: HTMLElement | null, pointer: string): HTMLElement | null {
  return placeIn(form, pointer)?.querySelector<HTMLElement>(CONTROLS) ?? null;
}

function labelOf(form: HTMLElement | null, pointer: string): string {
  const place = placeIn(form, pointer);
  return place?.dataset["label"] ?? place?.querySelector("label, legend")?.textContent ?? "";
}

/** Say of each control whether it is at fault, and where it is said what is wrong. */
function mark(form: HTMLElement | null, faults: Fault[]): void {
  for (const one of form?.querySelectorAll<HTMLElement>("[aria-invalid]") ?? []) {
    one.removeAttribute("aria-invalid");
    const hints = one.dataset["hints"] ?? "";
    if (hints === "") one.removeAttribute("aria-describedby");
    else one.setAttribute("aria-describedby", hints);
  }
  for (const { at } of faults) {
    const place = placeIn(form, at);
    for (const one of place?.querySelectorAll<HTMLElement>("input, select, textarea") ?? []) {
      if (one.hasAttribute("aria-invalid")) continue;
      const hints = one.getAttribute("aria-describedby") ?? "";
      one.dataset["hints"] = hints;
      one.setAttribute("aria-invalid", "true");
      one.setAttribute("aria-describedby", `${hints} ${place?.dataset["says"] ?? ""}`.trim());
    }
  }
}

/** What differs between what one began with and what is there now, in words. */
export function differences<T extends object>(
  before: T,
  after: T,
  labels: Partial<Record<keyof T, string>>,
  say: (value: unknown) => string = plain,
): string[] {
  const names = Object.keys(labels) as (keyof T)[];
  return names
    .filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]))
    .map((name) => t("form.is.now", { field: labels[name] ?? "", value: say(after[name]) }));
}

function plain(value: unknown): string {
  if (value === null || value === undefined || value === "") return t("form.nothing");
  if (Array.isArray(value)) return value.map(plain).join(", ");
  if (typeof value === "object") {
    return Object.entries(value)
      .map(([name, one]) => `${name} ${plain(one)}`)
      .join("; ");
  }
  return String(value);
}

interface Checked {
  label: string;
  value: Signal<boolean>;
}

export function Check({ label, value }: Checked) {
  return (
    <label class="choice">
      <input
        type="checkbox"
        checked={value.value}
        onChange={(event) => {
          value.value = event.currentTarget.checked;
        }}
      />
      <span>{label}</span>
    </label>
  );
}
