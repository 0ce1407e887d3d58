// Passkeys, between what the API says and what a browser does: bytes there, text here. And the three
// things that are done with one: signing in, proving that it is still oneself, and making one.
import { call, type Schema } from "../api/call";

type Shown = Schema["AssertionIn"];
type Made = Schema["AttestationIn"];

// A passkey is for a name: at a number no browser makes or shows one.
const NUMBERED = /^[\d.]+$|^\[/;

export const hasPasskeys = (): boolean =>
  "PublicKeyCredential" in window && !NUMBERED.test(location.hostname);

const bytes = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (one) => one.charCodeAt(0));

const text = (raw: ArrayBuffer | null): string =>
  btoa(String.fromCharCode(...new Uint8Array(raw ?? new ArrayBuffer(0))))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replace(/=+$/, "");

const named = (of: readonly Schema["Named"][] = []): PublicKeyCredentialDescriptor[] =>
  of.map((one) => ({ type: "public-key", id: bytes(one.id) }));

/** Sign in; null where somebody did not want to, or had none. */
export async function enterByPasskey(): Promise<Schema["TokensOut"] | null> {
  const shown = await show(await call("post", "/v1/auth/passkeys/options", { body: {} }));
  return shown === null ? null : call("post", "/v1/auth/passkeys/verify", { body: shown });
}

/** Prove that it is still oneself; false where somebody did not want to. */
export async function proveByPasskey(): Promise<boolean> {
  const passkey = await show(await call("post", "/v1/auth/step-up/options"));
  if (passkey === null) return false;
  await call("post", "/v1/auth/step-up", { body: { passkey } });
  return true;
}

/** Make one for who is signed in; false where nobody wanted it to, or the device has one already. */
export async function addPasskey(): Promise<boolean> {
  const made = await make(await call("post", "/v1/me/passkeys/options"));
  if (made === null) return false;
  await call("post", "/v1/me/passkeys", { body: made });
  return true;
}

async function show(options: Schema["RequestOptionsOut"]): Promise<Shown | null> {
  const found = await taken(() =>
    navigator.credentials.get({
      publicKey: {
        challenge: bytes(options.challenge),
        rpId: options.rpId,
        userVerification: "required",
        allowCredentials: named(options.allowCredentials),
      },
    }),
  );
  if (found === null) return null;
  const answer = found.response as AuthenticatorAssertionResponse;
  return {
    id: text(found.rawId),
    client_data: text(answer.clientDataJSON),
    authenticator_data: text(answer.authenticatorData),
    signature: text(answer.signature),
    user_handle: text(answer.userHandle),
  };
}

async function make(options: Schema["CreationOptionsOut"]): Promise<Made | null> {
  const found = await taken(() =>
    navigator.credentials.create({
      publicKey: {
        challenge: bytes(options.challenge),
        rp: { id: options.rp.id, name: options.rp.name ?? "engage" },
        user: {
          id: bytes(options.user.id),
          name: options.user.name,
          displayName: options.user.displayName,
        },
        pubKeyCredParams: options.pubKeyCredParams.map((one) => ({
          type: "public-key",
          alg: one.alg,
        })),
        excludeCredentials: named(options.excludeCredentials),
        authenticatorSelection: {
          residentKey: "required",
          requireResidentKey: true,
          userVerification: "required",
        },
        attestation: "none",
      },
    }),
  );
  if (found === null) return null;
  const answer = found.response as AuthenticatorAttestationResponse;
  return {
    id: text(found.rawId),
    client_data: text(answer.clientDataJSON),
    attestation: text(answer.attestationObject),
  };
}

async function taken(act: () => Promise<Credential | null>): Promise<PublicKeyCredential | null> {
  try {
    return (await act()) as PublicKeyCredential | null;
  } catch (problem) {
    if (problem instanceof DOMException) return null;
    throw problem;
  }
}
