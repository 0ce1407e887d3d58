// How a page looks and sounds to its reader: language, light or dark, keys. Kept in this browser.
import { effect, signal } from "@preact/signals";

export type Language = "en" | "es";
export type Theme = "auto" | "light" | "dark";

function kept<T extends string>(name: string, choices: readonly T[], otherwise: T) {
  let found: string | null = null;
  try {
    found = localStorage.getItem(`engage.${name}`);
  } catch {
    // A browser may forbid storage; the page then asks again next time.
  }
  const value = signal<T>(choices.find((one) => one === found) ?? otherwise);
  effect(() => {
    const now = value.value;
    try {
      localStorage.setItem(`engage.${name}`, now);
    } catch {
      // As above.
    }
  });
  return value;
}

const native: Language = navigator.language.toLowerCase().startsWith("es") ? "es" : "en";

export const language = kept<Language>("language", ["en", "es"], native);
export const theme = kept<Theme>("theme", ["auto", "light", "dark"], "auto");
/** Whether a new crisis is heard. */
export const sound = kept<"on" | "off">("sound", ["on", "off"], "on");
export const singleKeys = kept<"on" | "off">("keys", ["on", "off"], "on");

effect(() => {
  document.documentElement.lang = language.value;
});
effect(() => {
  document.documentElement.dataset["theme"] = theme.value;
});

const dark = matchMedia("(prefers-color-scheme: dark)");

export function isDark(): boolean {
  return theme.value === "dark" || (theme.value === "auto" && dark.matches);
}

export function toggleTheme(): void {
  theme.value = isDark() ? "light" : "dark";
}
