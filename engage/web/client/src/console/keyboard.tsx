// The keyboard, on one card; and the switches that turn single keys, and the sound of a crisis, off.
import { useRef } from "preact/hooks";

import { singleKeys, sound } from "../shared/look";
import { t, type Word } from "../shared/words";
import { Dialog } from "./dialog";
import { shown } from "./help";
import { bringWork } from "./work";

const LINES: [string[], Word][] = [
  [["j"], "keys.next"],
  [["k"], "keys.before"],
  [["Enter"], "keys.open"],
  [["x"], "keys.pick"],
  [["c"], "keys.claim"],
  [["r"], "keys.reply"],
  [["n"], "keys.note"],
  [["s"], "keys.snooze"],
  [["a"], "keys.assign"],
  [["l"], "keys.label"],
  [["m"], "keys.merge"],
  [["e"], "keys.complete"],
  [["z"], "keys.undo"],
  [["q"], "keys.ask"],
  [["/"], "keys.search"],
  [["1", "…", "8"], "keys.digits"],
  [["1", "…", "8"], "keys.places"],
  [["?"], "keys.help"],
  [["Ctrl", "Enter"], "keys.send"],
  [["Ctrl", "Shift", "Enter"], "keys.send.complete"],
  [["Ctrl", "."], "keys.ready"],
  [["Esc"], "keys.leave"],
];

export function Help() {
  const first = useRef<HTMLInputElement>(null);
  return (
    <Dialog shown={shown} title={t("keys.title")} first={first}>
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
      <label class="choice">
        <input
          type="checkbox"
          checked={sound.value === "on"}
          onChange={(event) => {
            sound.value = event.currentTarget.checked ? "on" : "off";
            if (sound.value === "on") void bringWork().then((work) => work?.ring());
          }}
        />
        {t("sound.switch")}
      </label>
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
    </Dialog>
  );
}
