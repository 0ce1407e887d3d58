// Language, colors and the size of letters.
import { isDark, language, theme, toggleTheme } from "../shared/look";
import { size, SIZES, speaks } from "./look";
import { speak, t } from "./words";

/** Two small buttons, for where nobody is signed in. */
export function Looks() {
  void theme.value;
  return (
    <nav class="looks" aria-label={t("look.nav")}>
      <Language />
      <button type="button" class="button small" onClick={toggleTheme}>
        {t(isDark() ? "look.light" : "look.dark")}
      </button>
    </nav>
  );
}

export function Language() {
  const other = language.value === "en" ? "es" : "en";
  return (
    <button
      type="button"
      class="button small"
      lang={other}
      onClick={() => {
        speaks();
        void speak(other);
      }}
    >
      {t("look.language")}
    </button>
  );
}

export function Size() {
  return (
    <fieldset class="sizes">
      <legend class="label">{t("look.size")}</legend>
      {SIZES.map((one) => (
        <label key={one} class={`size ${one}`}>
          <input
            type="radio"
            name="size"
            checked={size.value === one}
            onChange={() => {
              size.value = one;
            }}
          />
          <span>{t(`look.size.${one}`)}</span>
        </label>
      ))}
    </fieldset>
  );
}
