import type { words as en } from "../en/lists";

export const words: Record<keyof typeof en, string> = {
  "people.title": "Personas",
  "people.find": "Nombre, o id de la clínica",
  "calls.title": "Llamadas pendientes tras un alta",
  "calls.lead":
    "En dos días hábiles llama una persona. Termina al hablar con alguien, o tras dos intentos; un mensaje no cuenta.",
  "calls.none": "No hay llamadas pendientes.",

  "reach.title": "A quién no llegan los mensajes",
  "reach.lists": "Por qué no llegan",
  "reach.silent": "En silencio",
  "reach.never-delivered": "Nunca llegan",
  "reach.opted-out": "No quieren",
  "reach.wrong-person": "Otra persona",
  "reach.no-phone": "Sin teléfono",
  "reach.doubtful": "Teléfono dudoso",
  "reach.none": "Nadie está en esta lista.",
  "reach.since": "desde",
  "reach.next.silent":
    "Los mensajes llegan y nadie contesta. Llame, y pregunte si prefiere otra forma de contacto.",
  "reach.next.never-delivered":
    "Los mensajes no llegan. Llame, o pregunte a quien cuida, por un número que los reciba.",
  "reach.next.opted-out": "No quiere mensajes. La atención sigue: ofrezca una llamada.",
  "reach.next.wrong-person":
    "El número era de otra persona. Busque el correcto en el expediente, por correo o en la próxima visita.",
  "reach.next.no-phone":
    "No hay un teléfono registrado. Pídalo en la próxima visita, o pregunte cómo contactarle.",
  "reach.next.doubtful":
    "Los mensajes fallaron en tres días. Llame al número: si es suyo, anote que funciona de nuevo; si no, pregunte cuál usa.",
  "reach.next.unreadable":
    "Este registro no se puede leer, y no se sabe si le llegan los mensajes. Llame, y avise a quien administra el sistema.",
  "reach.why.silent": "Los mensajes llegaron, también un recordatorio, y ninguno fue contestado.",
  "reach.why.never-delivered": "Un mensaje no llegó, y nadie lo ha revisado todavía.",
  "reach.why.opted-out": "El teléfono mandó ALTO.",
  "reach.why.declined": "Dijo que no quiere mensajes.",
  "reach.why.no-phone": "No hay un teléfono registrado.",
  "reach.why.wrong-person": "El teléfono era de otra persona.",
  "reach.why.phone-dead": "La compañía dice que el número no está en uso.",
  "reach.why.phone-landline": "La compañía dice que el número no recibe mensajes.",
  "reach.why.phone-doubtful": "Los mensajes fallaron en tres días distintos.",
};
