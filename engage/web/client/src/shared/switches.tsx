// Language and colors: two buttons that every page has.
import { isDark, language, theme, toggleTheme } from "./look";
import { speak, t } from "./words";

export function Switches() {
  // Read for its own sake: the label below follows it.
  void theme.value;
  const other = language.value === "en" ? "es" : "en";
  return (
    <>
      <button
        type="button"
        class="button quiet small"
        lang={other}
        onClick={() => {
          void speak(other);
        }}
      >
        {t("look.language")}
      </button>
      <button type="button" class="button quiet small" onClick={toggleTheme}>
        {t(isDark() ? "look.light" : "look.dark")}
      </button>
    </>
  );
}
