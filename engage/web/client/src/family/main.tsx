// The companion app: for who cares for somebody, and for patients themselves.
import { effect } from "@preact/signals";
import { render } from "preact";

import "./family.css";
import { app, usual } from "../api/call";
import { App } from "./app";
import { open } from "./enter";
import { offer } from "./passkeys";
import { begin } from "./route";
import { me } from "./state";
import { watch } from "./sync";
import { start } from "./welcome";
import { speak } from "./words";

// What is read about people is kept by this app or by nobody.
usual.cache = "no-store";
app.name = "family";
effect(() => {
  app.person = me.value?.id;
});
const root = document.getElementById("app");
const { hash } = location;
begin();
void speak().then(async () => {
  if (root !== null) render(<App />, root);
  // A link is for whoever taps it: it is not taken for the one who was here before.
  if (await open(hash)) me.value = null;
  else await start(hash === "#in");
  // The page behind a texted link has just signed somebody in.
  if (hash === "#in") void offer();
  watch();
});
