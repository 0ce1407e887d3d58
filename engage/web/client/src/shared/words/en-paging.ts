// How one is paged, in English.
export { words } from "./en/paging";
