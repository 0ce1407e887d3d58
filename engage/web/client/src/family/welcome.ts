// The start, and the moment after a sign-in: who is it, in their language, with what is theirs.
import { call, Problem } from "../api/call";
import { language } from "../shared/look";
import * as disk from "./disk";
import { forget, leftBefore, over } from "./leaving";
import { spoken } from "./look";
import { count, flush, load, tidy } from "./outbox";
import { away, ended, me, removed, tell, unsent } from "./state";
import { listen, recall, sync } from "./sync";
import { speak, t } from "./words";
import { register } from "./worker-of";

/** Show what the phone kept, then ask who is signed in; `fresh`: somebody just did, and who is not known. */
export async function start(fresh: boolean): Promise<void> {
  if (await leftBefore()) {
    me.value = null;
    return;
  }
  const known = !fresh && (await recall().catch(() => false));
  if (known) await load();
  await welcome(known);
}

export async function welcome(known = false): Promise<void> {
  try {
    const found = await call("get", "/v1/me");
    if (found.kind === "staff") return await nobody();
    const before = await disk.get<{ id: string }>("kept", "me");
    // Another person of the same phone: what was kept is not theirs, and what was written neither.
    if (before !== undefined && before.id !== found.id) await forget();
    else if (before !== undefined && !known) await recall();
    const gone = (await tidy(found.id)) || removed.value;
    me.value = found;
    await load();
    ended.value = removed.value = false;
    unsent.value = 0;
    if (gone) tell("wrong", t("left.removed"));
    const theirs = found.family_of?.language;
    if (!spoken() && theirs != null && theirs !== language.value) await speak(theirs);
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    if (problem.status === 401 || problem.status === 403) {
      if (known) await over();
      else await nobody();
      return;
    }
    away.value = true;
    // Nobody answers: what is on the phone is still there to be read.
    if (!known) await nobody();
  }
  if (me.value == null) return;
  void register();
  await flush();
  await sync();
  listen();
}

/** Nobody is signed in here: the page says what waits for who wrote it. */
async function nobody(): Promise<void> {
  me.value = null;
  await count();
}
