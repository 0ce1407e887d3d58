// The start, and the moment after a sign-in: who is it, in their language, with what is theirs.
import { call, Problem } from "../api/call";
import { language } from "../shared/look";
import * as disk from "./disk";
import { forget, leftBefore, over } from "./leaving";
import { spoken } from "./look";
import { flush, load } from "./outbox";
import { away, ended, me } from "./state";
import { listen, recall, sync } from "./sync";
import { speak } from "./words";
import { register } from "./worker-of";

/** Show what the phone kept, then ask who is signed in. */
export async function start(): Promise<void> {
  if (await leftBefore()) {
    me.value = null;
    return;
  }
  const known = await recall().catch(() => false);
  if (known) await load();
  await welcome(known);
}

export async function welcome(known = false): Promise<void> {
  try {
    const found = await call("get", "/v1/me");
    if (found.kind === "staff") {
      me.value = null;
      return;
    }
    const before = await disk.get<{ id: string }>("kept", "me");
    // Another person of the same phone: what was kept is not theirs.
    if (before !== undefined && before.id !== found.id) await forget();
    me.value = found;
    ended.value = null;
    const theirs = found.family_of?.language;
    if (!spoken() && theirs != null && theirs !== language.value) await speak(theirs);
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    if (problem.status === 401 || problem.status === 403) {
      if (known) await over();
      else me.value = null;
      return;
    }
    away.value = true;
    // Nobody answers: what is on the phone is still there to be read.
    if (!known) me.value = null;
  }
  if (me.value == null) return;
  void register();
  await flush();
  await sync();
  listen();
}
