// The door, as far as every page needs it: whether an invitation is followed, whether one's own
// sign-ins are looked at, and the question whether it is still oneself.
import { signal } from "@preact/signals";

import { whenProofIsNeeded } from "../api/call";

const INVITATION = /^\/console\/invitation\/?$/;

/** The token stands behind the # and is never sent along with an address; it is taken off at once. */
function taken(): string | null {
  if (!INVITATION.test(location.pathname)) return null;
  const token = location.hash.slice(1);
  history.replaceState(null, "", location.pathname);
  return token;
}

interface Back {
  code: string;
  state: string;
}

/** What an organisation's sign-in sent back: taken off the address, and shown to the server once. */
function sent(): Back | null {
  if (!/^\/console\/organisation\/?$/.test(location.pathname)) return null;
  const said = new URLSearchParams(location.search);
  history.replaceState(null, "", "/console/");
  return { code: said.get("code") ?? "", state: said.get("state") ?? "" };
}

export const back = sent();
export const invitation = signal<string | null>(taken());
export const mineShown = signal(false);
/** Answers the question whether a proof was given. */
export const asked = signal<((proved: boolean) => void) | null>(null);

whenProofIsNeeded(
  () =>
    new Promise((resolve) => {
      asked.value?.(false);
      asked.value = (proved) => {
        asked.value = null;
        resolve(proved);
      };
    }),
);
