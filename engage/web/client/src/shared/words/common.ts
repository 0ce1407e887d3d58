// What both programs say: on buttons, of time, and when something fails.
export const en = {
  "app.name": "engage",
  "look.dark": "Dark colors",
  "look.light": "Light colors",
  "look.language": "Español",
  "again": "Try again",
  "close": "Close",
  "cancel": "Cancel",
  "loading": "Loading…",
  "time.now": "just now",
  "time.ago": "{span} ago",
  "time.today": "today {clock}",
  "time.place": "Times are those of {place}",
  "language.en": "English",
  "language.es": "Spanish",

  "problem.no-answer": "engage does not answer. Check your connection; nothing was lost.",
  "problem.may-not-text": "{name} cannot be texted now.",
  "problem.other": "That did not work: {detail}",
} as const;

export const es: Record<keyof typeof en, string> = {
  "app.name": "engage",
  "look.dark": "Colores oscuros",
  "look.light": "Colores claros",
  "look.language": "English",
  "again": "Intentar de nuevo",
  "close": "Cerrar",
  "cancel": "Cancelar",
  "loading": "Cargando…",
  "time.now": "ahora mismo",
  "time.ago": "hace {span}",
  "time.today": "hoy {clock}",
  "time.place": "Las horas son las de {place}",
  "language.en": "Inglés",
  "language.es": "Español",

  "problem.no-answer": "engage no responde. Revise su conexión; no se perdió nada.",
  "problem.may-not-text": "No se puede escribir a {name} ahora.",
  "problem.other": "Eso no funcionó: {detail}",
};
