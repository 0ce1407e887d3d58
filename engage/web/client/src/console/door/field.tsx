// One field of the door: its label, its hint, and what a browser or a password manager may fill in.
import { useId } from "preact/hooks";

import { t, type Word } from "../../shared/words";

interface Of {
  name: string;
  type?: "text" | "email" | "password";
  label: Word;
  hint?: Word;
  complete: string;
}

export function Field({ name, type = "text", label, hint, complete }: Of) {
  const id = useId();
  return (
    <div>
      <label for={id}>{t(label)}</label>
      {hint === undefined ? null : (
        <p class="soft small" id={`${id}-hint`}>
          {t(hint)}
        </p>
      )}
      <input
        id={id}
        name={name}
        // The types of preact know one type of input at a time.
        type={type as "text"}
        autocomplete={complete}
        autocapitalize="none"
        spellcheck={false}
        {...(hint === undefined ? {} : { "aria-describedby": `${id}-hint` })}
        required
      />
    </div>
  );
}

/** What was typed into a field of a form. */
export const typed = (form: HTMLFormElement, name: string): string =>
  String(new FormData(form).get(name) ?? "").trim();
