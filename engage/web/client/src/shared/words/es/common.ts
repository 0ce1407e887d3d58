import type { words as en } from "../en/common";

export const words: Record<keyof typeof en, string> = {
  "minutes": "Minutos que tomó (opcional)",
  "minutes.hint": "Minutos enteros de su propio trabajo, como los anotaría.",
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
