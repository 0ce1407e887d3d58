import type { words as en } from "../en/frame";

export const words: Record<keyof typeof en, string> = {
  "sign.title": "Entrar",
  "sign.lead": "Vea quién le necesita, por qué y para cuándo.",
  "sign.demo": "Esta es la demostración. Elija quién es usted:",
  "sign.token": "Clave de entrada",
  "sign.token.hint": "Su administrador la crea con: engage token --email usted@example.org",
  "sign.in": "Entrar",
  "sign.out": "Salir",
  "mine.open": "Dónde he entrado",
  "sign.wrong": "Con esto no se puede entrar. Revise lo que escribió e inténtelo de nuevo.",
  "sign.over": "Su sesión terminó. Entre de nuevo para seguir donde estaba.",
  "role.care_manager": "Gestora de cuidados",
  "role.supervisor": "Supervisión",
  "role.practice_admin": "Administración",

  "menu": "Menú",
  "live.on": "En vivo",
  "live.off": "Reconectando…",
  "skip": "Ir a la lista",

  "keys.title": "Teclado y sonido",
  "places": "Lugares",
  "skip.page": "Ir a la página",
  "queue.tab": "Lista",
  "people.tab": "Personas",
  "calls.tab": "Llamadas",
  "reach.tab": "Sin contacto",
  "visits.tab": "Citas",
  "rides.tab": "Viajes",
  "measures.tab": "Cifras",
  "admin.tab": "Administración",
  "team.tab": "Equipo",
  "team.mine": "Mis ausencias",
  "person.open": "Necesidades, seguimiento, llamadas",
  "refused.call-first":
    "Anote primero la llamada, en la página de la persona: esto se cierra al hablar con alguien o tras dos intentos.",
};
