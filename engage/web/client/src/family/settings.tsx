// How the app looks and speaks, and how one is told of what is new.
import { theme } from "../shared/look";
import { Language, Size } from "./looks";
import { Head, Row } from "./parts";
import { t } from "./words";

const THEMES = ["auto", "light", "dark"] as const;

export function SettingsPage() {
  return (
    <>
      <Head title={t("settings.title")} from="more" />
      <section class="card stack">
        <Size />
        <fieldset class="sizes">
          <legend class="label">{t("look.colors")}</legend>
          {THEMES.map((one) => (
            <label key={one} class="size">
              <input
                type="radio"
                name="theme"
                checked={theme.value === one}
                onChange={() => {
                  theme.value = one;
                }}
              />
              <span>{t(`look.theme.${one}`)}</span>
            </label>
          ))}
        </fieldset>
        <div>
          <p class="label">{t("look.language-of")}</p>
          <Language />
        </div>
      </section>
      <ul class="rows">
        <Row place="notices" icon="messages">
          {t("notices.title")}
        </Row>
      </ul>
      <section class="card">
        <h2>{t("install.title")}</h2>
        <p>{t("install.words")}</p>
      </section>
    </>
  );
}
