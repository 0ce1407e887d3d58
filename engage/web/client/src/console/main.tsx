// The care manager's console: who needs me, why, and by when; and what I do about it.
import { effect } from "@preact/signals";
import { render } from "preact";

import "./console.css";
import "./pages.css";
import "./rows.css";
import { speak, t } from "../shared/words";
import { crises, items, loadQueue, me, recall, whoAmI } from "./desk";
import { invitation } from "./door";
import { Desk } from "./frame";
import { press } from "./keys";
import { hush, listen } from "./live";
import { follow } from "./route";
import { SignIn } from "./sign-in";

function Console() {
  if (me.value === undefined) {
    return (
      <p class="waiting soft" role="status">
        {t("loading")}
      </p>
    );
  }
  return me.value === null || invitation.value !== null ? <SignIn /> : <Desk />;
}

function title(): void {
  const waiting = new Set([...(items.value ?? []), ...crises.value].map((item) => item.id)).size;
  const many = waiting > 0 ? `(${waiting}) ` : "";
  document.title = me.value == null ? "engage" : `${many}${t("queue.title")} · engage`;
}

let signedIn = false;
effect(() => {
  const now = me.value != null;
  if (now === signedIn) return;
  signedIn = now;
  // Outside of this effect: what is read there must not run it again.
  queueMicrotask(() => {
    if (!now) {
      hush();
      return;
    }
    recall();
    listen();
    void loadQueue();
    follow();
  });
});

addEventListener("keydown", press);

const root = document.getElementById("app");
void whoAmI();
void speak().then(() => {
  effect(title);
  if (root !== null) render(<Console />, root);
});
