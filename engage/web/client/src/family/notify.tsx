// How one is told of what is new. A push says "there is something new" and nothing else; where a
// browser or the practice has none, texts go on as they are.
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { call, type Schema } from "../api/call";
import { attempt } from "./parts";
import { tell } from "./state";
import { t } from "./words";

const known = signal<Schema["PushSubscriptionList"] | null>(null);

const able = (): boolean => "serviceWorker" in navigator && "PushManager" in globalThis;

async function load(): Promise<void> {
  await attempt(async () => {
    known.value = await call("get", "/v1/push-subscriptions");
  });
}

function bytes(of: string): Uint8Array<ArrayBuffer> {
  const text = atob(of.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(text, (one) => one.charCodeAt(0));
}

async function begin(key: string): Promise<void> {
  if ((await Notification.requestPermission()) !== "granted") {
    tell("wrong", t("notify.refused"));
    return;
  }
  await attempt(async () => {
    const worker = await navigator.serviceWorker.ready;
    const made = await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(key) });
    const { endpoint, keys } = made.toJSON();
    await call("post", "/v1/push-subscriptions", {
      body: { endpoint: endpoint ?? "", keys: { p256dh: keys?.["p256dh"] ?? "", auth: keys?.["auth"] ?? "" } },
    });
    tell("good", t("notify.on"));
    await load();
  });
}

async function end(): Promise<void> {
  const worker = await navigator.serviceWorker.getRegistration("/family/");
  await (await worker?.pushManager.getSubscription())?.unsubscribe();
  await attempt(async () => {
    for (const one of known.value?.items ?? []) {
      const path = { subscription_id: one.id };
      await call("delete", "/v1/push-subscriptions/{subscription_id}", { path });
    }
    tell("good", t("notify.off"));
    await load();
  });
}

export function Notify() {
  useEffect(() => void load(), []);
  const key = known.value?.application_server_key ?? null;
  const on = (known.value?.items.length ?? 0) > 0;
  return (
    <section class="card stack">
      <h2>{t("notify.title")}</h2>
      <p>{t("notify.texts")}</p>
      {key === null || !able() ? null : on ? (
        <button type="button" class="button" onClick={() => void end()}>
          {t("notify.stop")}
        </button>
      ) : (
        <>
          <button type="button" class="button" onClick={() => void begin(key)}>
            {t("notify.start")}
          </button>
          <p class="soft small">{t("notify.hint")}</p>
        </>
      )}
    </section>
  );
}
