// Restricted records, in Spanish.
export { words } from "./es/restricted";
