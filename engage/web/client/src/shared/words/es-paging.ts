// How one is paged, in Spanish.
export { words } from "./es/paging";
