// The keyboard, on one card; and the switch that turns single keys off.
import { useRef } from "preact/hooks";
import { signal } from "@preact/signals";

import { singleKeys } from "../shared/look";
import { t, type Word } from "../shared/words";
import { Dialog } from "./dialog";

const shown = signal(false);

export function openHelp(): void {
  shown.value = true;
}

const LINES: [string[], Word][] = [
  [["j"], "keys.next"],
  [["k"], "keys.before"],
  [["Enter"], "keys.open"],
  [["c"], "keys.claim"],
  [["r"], "keys.reply"],
  [["e"], "keys.complete"],
  [["a"], "keys.ask"],
  [["1", "…", "7"], "keys.places"],
  [["?"], "keys.help"],
  [["Ctrl", "Enter"], "keys.send"],
  [["Esc"], "keys.leave"],
];

export function Help() {
  const first = useRef<HTMLInputElement>(null);
  return (
    <Dialog shown={shown} title={t("keys.title")} first={first}>
      <dl class="keys">
        {LINES.map(([keys, word]) => (
          <div key={word}>
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{t(word)}</dd>
          </div>
        ))}
      </dl>
      <label class="choice">
        <input
          ref={first}
          type="checkbox"
          checked={singleKeys.value === "on"}
          onChange={(event) => {
            singleKeys.value = event.currentTarget.checked ? "on" : "off";
          }}
        />
        {t("keys.switch")}
      </label>
    </Dialog>
  );
}
