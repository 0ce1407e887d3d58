// Hears what changes, as it changes, and reads again. After any gap everything on the page is read
// anew, so a missed word is a late one and never a lost one.
import { call, Problem } from "../api/call";
import { detail, forget, ended, live, loadCard, loadQueue, me, openId } from "./desk";
import { place, stirred } from "./place";

const KINDS = ["item", "message", "screening", "patient", "need", "appointment", "ride"];
/** What changes the list of a day: an item, too, for who runs late. */
const OF_A_DAY = ["appointment", "ride", "item"];
const GATHER_MS = 80;
const AGAIN_MS = 2000;

let source: EventSource | undefined;
let waiting: ReturnType<typeof setTimeout> | undefined;
let cardToo = false;

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
  gather(ours || here);
}

/** Several changes at once are one look. */
function gather(card: boolean): void {
  cardToo ||= card;
  waiting ??= setTimeout(() => {
    const both = cardToo;
    waiting = undefined;
    cardToo = false;
    if (me.value == null) return;
    void loadQueue();
    if (!both) return;
    stirred.value += 1;
    void loadCard();
  }, GATHER_MS);
}
