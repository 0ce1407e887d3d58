// Puts the app's own service worker in its place, for its own addresses only. The page's policy lets no
// text become an address of a script, but for this one.
interface Typed {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): {
    createScriptURL(url: string): string;
  };
}

const PLACE = "/family/sw.js";

const policy = (globalThis as { trustedTypes?: Typed }).trustedTypes?.createPolicy("engage-worker", {
  createScriptURL: (url) => {
    if (url !== PLACE) throw new TypeError("not ours");
    return url;
  },
});

export async function register(): Promise<void> {
  if (!("serviceWorker" in navigator)) return;
  const url = policy?.createScriptURL(PLACE) ?? PLACE;
  // An old phone that can't keep the app still has it.
  await navigator.serviceWorker.register(url, { scope: "/family/" }).catch(() => undefined);
}
