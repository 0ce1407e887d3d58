// Hears what changes, as it changes, and reads again. After any gap everything on the page is read
// anew, so a missed word is a late one and never a lost one.
import { call, Problem } from "../api/call";
import { detail, forget, ended, live, loadCard, loadQueue, me, openId } from "./desk";
import { place, stirred } from "./place";
import { opened } from "./shut";

const KINDS = ["item", "message", "screening", "patient", "need", "appointment", "ride", "glass"];
/** What changes the list of a day: an item, too, for who runs late. */
const OF_A_DAY = ["appointment", "ride", "item"];
const GATHER_MS = 80;
/** Between two looks: fifty consoles that look at every change leave the server no time for them. */
const REST_MS = 500;
const AGAIN_MS = 2000;

let source: EventSource | undefined;
let waiting = false;
let again = false;
let cardToo = false;
let earliest = 0;

export function listen(): void {
  if (source !== undefined) return;
  source = new EventSource("/v1/events");
  source.onopen = () => {
    live.value = true;
    gather(true);
  };
  source.onerror = () => {
    live.value = false;
    // The browser comes back by itself, unless the server refused: then it gives up for good.
    if (source?.readyState === EventSource.CLOSED) {
      hush();
      setTimeout(() => void comeBack(), AGAIN_MS);
    }
  };
  for (const kind of KINDS) source.addEventListener(kind, heard);
}

export function hush(): void {
  source?.close();
  source = undefined;
  live.value = false;
}

async function comeBack(): Promise<void> {
  if (me.value == null) return;
  try {
    await call("get", "/v1/me");
  } catch (problem) {
    if (problem instanceof Problem && problem.status === 401) {
      forget();
      ended.value = true;
      return;
    }
    setTimeout(() => void comeBack(), AGAIN_MS);
    return;
  }
  listen();
}

function heard(event: MessageEvent<string>): void {
  const { subject_id, patient_id } = JSON.parse(event.data) as {
    subject_id: string;
    patient_id: string | null;
  };
  const ours = subject_id === openId.value || patient_id === (detail.value?.patient?.id ?? "");
  const now = place.value;
  const here = now.at === "person" ? patient_id === now.id : now.at === "visits" && OF_A_DAY.includes(event.type);
  const theirs = now.at === "team" && event.type === "item";
  if (event.type === "glass") opened.value += 1;
  gather(ours || here || theirs);
}

/** Several changes at once are one look, and what comes during a look is the next one. */
function gather(card: boolean): void {
  cardToo ||= card;
  again = true;
  if (waiting) return;
  waiting = true;
  setTimeout(() => void look(), Math.max(GATHER_MS, earliest - performance.now()));
}

async function look(): Promise<void> {
  const both = cardToo;
  cardToo = again = false;
  if (me.value != null) {
    const began = performance.now();
    if (both) stirred.value += 1;
    await Promise.all([loadQueue(), both ? loadCard() : null]);
    const took = performance.now() - began;
    // A server that takes its time is asked less often.
    earliest = performance.now() + Math.max(REST_MS, took);
  }
  waiting = false;
  if (again) gather(false);
}
