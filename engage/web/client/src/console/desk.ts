// What the console knows, and every change of it. Truth stays on the server: after anything happens
// the page reads again, and a draft is the only thing it keeps to itself. Four rooms under one name:
// who is here (session), which list (list), what is open (opened), what is done with it (steps).
export * from "./session";
export * from "./list";
export * from "./opened";
export * from "./steps";
