// Parts that every form has: one choice of several, some words, and what is still missing.
import type { Signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

import { t } from "../shared/words";

interface OneOf<T extends string> {
  legend: string;
  of: readonly T[];
  value: Signal<T | null>;
  say: (one: T) => ComponentChildren;
  /** Goes to the first choice, where the focus is to be. */
  firstRef?: (element: HTMLInputElement | null) => void;
  describedBy?: string | undefined;
}

export function Choice<T extends string>(props: OneOf<T>) {
  const id = useId();
  return (
    <fieldset aria-describedby={props.describedBy}>
      <legend class="label">{props.legend}</legend>
      {props.of.map((one, place) => (
        <label key={one} class="choice">
          <input
            type="radio"
            name={id}
            value={one}
            {...(place === 0 && props.firstRef !== undefined ? { ref: props.firstRef } : {})}
            checked={props.value.value === one}
            onChange={() => {
              props.value.value = one;
            }}
          />
          <span>{props.say(one)}</span>
        </label>
      ))}
    </fieldset>
  );
}

interface Words {
  label: string;
  value: Signal<string>;
  most: number;
  rows?: number;
  hint?: string;
  needed?: boolean;
  describedBy?: string | undefined;
}

export function Area({ label, value, most, rows = 2, hint, needed, describedBy }: Words) {
  const id = useId();
  const by = [hint === undefined ? "" : `${id}-hint`, describedBy ?? ""].join(" ").trim();
  return (
    <div>
      <label for={id}>{label}</label>
      <textarea
        id={id}
        rows={rows}
        maxLength={most}
        value={value.value}
        aria-required={needed === true ? "true" : undefined}
        aria-describedby={by === "" ? undefined : by}
        onInput={(event) => {
          value.value = event.currentTarget.value;
        }}
      />
      {hint === undefined ? null : (
        <p class="soft small" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}

interface Line extends Omit<Words, "rows" | "most"> {
  type?: "text" | "search" | "date" | "time" | "datetime-local";
  most?: number;
  inputMode?: "decimal" | "numeric";
  min?: string;
  max?: string;
}

export function Field({ label, value, hint, needed, describedBy, most, type = "text", ...rest }: Line) {
  const id = useId();
  const by = [hint === undefined ? "" : `${id}-hint`, describedBy ?? ""].join(" ").trim();
  return (
    <div>
      <label for={id}>{label}</label>
      <input
        {...rest}
        id={id}
        type={type as "text"}
        autocomplete="off"
        maxLength={most}
        value={value.value}
        aria-required={needed === true ? "true" : undefined}
        aria-describedby={by === "" ? undefined : by}
        onInput={(event) => {
          value.value = event.currentTarget.value;
        }}
      />
      {hint === undefined ? null : (
        <p class="soft small" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}

/** How long it took, as they say; nothing is what nobody said. */
export function Minutes({ value }: { value: Signal<string> }) {
  return (
    <Field label={t("minutes")} value={value} inputMode="numeric" most={3} hint={t("minutes.hint")} />
  );
}

/** Null if nobody said; what is no whole number is 0, which the server refuses in words. */
export function minutesOf(said: string): number | null {
  const minutes = Number(said);
  return said.trim() === "" ? null : Number.isInteger(minutes) ? minutes : 0;
}

interface Pick<T extends string> {
  label: string;
  of: readonly T[];
  value: Signal<T>;
  say: (one: T) => string;
}

export function Select<T extends string>({ label, of, value, say }: Pick<T>) {
  const id = useId();
  return (
    <div>
      <label for={id}>{label}</label>
      <select
        id={id}
        value={value.value}
        onChange={(event) => {
          value.value = of.find((one) => one === event.currentTarget.value) ?? value.value;
        }}
      >
        {of.map((one) => (
          <option key={one} value={one}>
            {say(one)}
          </option>
        ))}
      </select>
    </div>
  );
}

export function Missing({ id, words }: { id: string; words: string | null }) {
  return (
    <p role="alert" id={id} class="missing small">
      {words ?? ""}
    </p>
  );
}
