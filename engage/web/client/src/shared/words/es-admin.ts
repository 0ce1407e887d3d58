// Lo que definen los administradores, en español.
export { words } from "./es/admin";
