// What both programs say: on buttons, of time, and when something fails.
export const words = {
  "minutes": "Minutes it took (optional)",
  "minutes.hint": "Whole minutes of your own work, as you would write them down.",
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
