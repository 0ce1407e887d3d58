// Why a piece of work is due when it is; a draft.
import type { words as english } from "../en/due";

export const words: Record<keyof typeof english, string> = {
  "due.why.at-once": "{span} desde {from}, a toda hora",
  "due.why.business-day": "cierre de ese día hábil: {span} de horario desde {from}",
  "due.why.business-days": "cierre del segundo día hábil después: {span} de horario desde {from}",
  "due.why.before-visit": "antes de la cita {from}",
  "due.why.kept": "fijado cuando llegó, {from}: {span} de horario",
  "due.why.answered": "respondido {from}; ningún reloj corre hasta que vuelvan a escribir",
  "due.why.closed": "cerrado entretanto: {days}",
};
