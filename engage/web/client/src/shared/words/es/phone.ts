import type { words as en } from "../en/phone";

export const words: Record<keyof typeof en, string> = {
  "phone.title": "Teléfonos simulados",
  "phone.lead": "Haga de paciente o de cuidador. Ningún teléfono real suena.",
  "phone.home": "La historia",
  "phone.whose": "De quién es el teléfono",
  "phone.patient": "Paciente",
  "phone.caregiver": "{relationship} de {name}",
  "phone.shared": "teléfono compartido",
  "phone.stranger": "Un número que nadie conoce",
  "phone.none": "Todavía no hay mensajes.",
  "phone.write": "Mensaje a {practice}",
  "phone.send": "Enviar",
  "phone.thread": "Mensajes de {name}",
  "phone.segments": "{n} segmentos",
  "phone.segments.one": "1 segmento",
  "phone.received": "Llegó",
  "phone.new": "Mensaje nuevo para {name}",
  "phone.away": "La demostración no responde. ¿Sigue en marcha?",
  "phone.patients": "Pacientes",
  "phone.caregivers": "Cuidadores",
  "phone.others": "Otros",
};
