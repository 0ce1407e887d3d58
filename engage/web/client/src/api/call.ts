// One typed way to call the API, in a page that is signed in by its cookie.
//
// Paths, parameters, bodies and answers have the types of docs/openapi.json; what is refused is
// thrown as a Problem. A page never sees the token.
import type { components, paths } from "./schema";

export type Schema = components["schemas"];
export type Item = Schema["ItemOut"];
export type ItemDetail = Schema["ItemDetail"];
export type Flag = Schema["FlagOut"];
export type Message = Schema["MessageOut"];
export type Me = Schema["MeOut"];
export type Patient = Schema["PatientOut"];
export type Instrument = Schema["InstrumentOut"];
export type Texting = Schema["TextingOut"];
export type Severity = Item["severity"];
export type Counts = Schema["QueueCounts"];
export type Outcome = Schema["CompletionIn"]["outcome"];
export type Attribution = Schema["AttributionOut"];
export type Candidate = Schema["CandidateOut"];
export type Consent = Schema["ConsentOut"];
export type ConsentEntry = Schema["ConsentEntryOut"];
export type Found = Schema["PatientSummary"];
export type Need = Schema["NeedOut"];
export type Taken = Schema["TakenOut"];
export type Referral = Schema["ReferralOut"];
export type ReferralMade = Schema["ReferralMadeOut"];
export type Listed = Schema["ListedOut"];
export type Plan = Schema["PlanOut"];
export type CheckIn = Schema["CheckInOut"];
export type CheckInScript = Schema["ScriptOut"];
export type Stay = Schema["StayOut"];
export type Tried = Schema["AttemptSeenOut"];
export type Appointment = Schema["ListedAppointmentOut"];
export type Ride = Schema["RideOut"];
export type VisitPlace = Schema["PlaceOut"];
export type Unreached = Schema["UnreachedOut"];
export type Caregiver = Schema["CaregiverOut"];
export type Screening = Schema["ScreeningListed"];
export type Rescreen = Schema["RescreenOut"];
export type DayRide = Schema["ListedRideOut"];
export type Measure = Schema["MeasureOut"];

type Verb = "get" | "post" | "put" | "patch" | "delete";
type Json<T> = T extends { content: { "application/json": infer B } } ? B : undefined;
type Of<P extends keyof paths, V extends Verb> = NonNullable<paths[P][V]>;
type Good<O> = O extends { responses: infer R } ? Json<R[keyof R & (200 | 201 | 202 | 204)]> : never;
type Part<O, N extends "path" | "query"> = O extends { parameters: Record<N, infer T> } ? T : never;
type Optional<O> = O extends { parameters: { query?: infer T } } ? T : never;
type Said<O> = O extends { requestBody: infer B } ? Json<B> : undefined;

interface Asked<O> {
  path?: Part<O, "path">;
  query?: Part<O, "query"> | Optional<O>;
  body?: Said<O>;
  /** Idempotency-Key */
  key?: string;
  /** If-Match: the version that is changed */
  version?: number;
  /** Asked by the page itself while nobody touches it: that keeps no sign-in awake. */
  quiet?: boolean;
}

/** How this program asks: a phone that is shared keeps nothing of an answer behind our back. */
export const usual: { cache?: RequestCache } = {};

/**
 * Which of our apps this is: each has a sign-in of its own, side by side in one browser. And whom its
 * page belongs to: where another window signed somebody else in, nothing is done in their name.
 */
export const app: { name: "console" | "family"; person?: string | undefined } = { name: "console" };

/** What the API answers when it refuses; status 0 means that nobody answered. */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly heldBy: { name: string | null; since: string | null } | undefined;
  /** Whose record is closed: with `restricted-record`. */
  readonly patientId: string | undefined;
  /** Who uses a phone, if several do: with `several-people`. */
  readonly people: Schema["Problem"]["people"];
  /** A sentence for each field that is at fault. */
  readonly faults: string[];
  /** What is at fault, each with its place in the body. */
  readonly errors: Schema["FieldError"][];

  constructor(status: number, said: Partial<Schema["Problem"]>) {
    super(said.detail ?? "");
    this.status = status;
    this.code = said.code ?? "no-answer";
    this.heldBy = said.held_by ?? undefined;
    this.people = said.people;
    this.patientId = said.patient_id ?? undefined;
    this.errors = said.errors ?? [];
    this.faults = (said.errors ?? []).map((one) => one.detail);
  }
}

let prove: (() => Promise<boolean>) | undefined;

/** Say how somebody is asked whether it is still them. */
export function whenProofIsNeeded(ask: () => Promise<boolean>): void {
  prove = ask;
}

/** Ask whether it is still them; what is no call of its own asks so. */
export const proved = async (): Promise<boolean> => (await prove?.()) ?? false;

const UNTOUCHED_MS = 60_000;
let touched = Date.now();
for (const kind of ["pointerdown", "keydown"]) {
  addEventListener(
    kind,
    () => {
      touched = Date.now();
    },
    { capture: true, passive: true },
  );
}

export async function call<P extends keyof paths, V extends Verb>(
  verb: V,
  path: P,
  asked: Asked<Of<P, V>> = {},
): Promise<Good<Of<P, V>>> {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(String((asked.path as Record<string, unknown>)[name])),
  );
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(asked.query ?? {})) {
    if (value !== undefined && value !== null) query.set(name, String(value));
  }
  const headers: Record<string, string> = {
    "X-Engage-App": app.name,
    "X-Engage-CSRF": "1",
    "Accept-Language": document.documentElement.lang,
  };
  // Who is signed in is asked without saying who it should be.
  if (app.person !== undefined && path !== "/v1/me") headers["X-Engage-Person"] = app.person;
  if (asked.key !== undefined) headers["Idempotency-Key"] = asked.key;
  if (asked.version !== undefined) headers["If-Match"] = `"${asked.version}"`;
  const alone = asked.quiet === true || Date.now() - touched > UNTOUCHED_MS;
  if (alone) headers["X-Engage-Unattended"] = "1";
  const request: RequestInit = { ...usual, method: verb.toUpperCase(), headers, credentials: "same-origin" };
  if (asked.body !== undefined) {
    headers["Content-Type"] = "application/json";
    request.body = JSON.stringify(asked.body);
  }
  let answer: Response;
  try {
    answer = await fetch(query.size > 0 ? `${filled}?${query}` : filled, request);
  } catch {
    throw new Problem(0, {});
  }
  let said: unknown;
  try {
    const text = await answer.text();
    said = text === "" ? undefined : JSON.parse(text);
  } catch {
    // It broke off on its way: nobody knows what it said, so nobody answered.
    if (answer.ok) throw new Problem(0, {});
  }
  if (!answer.ok) {
    const problem = new Problem(answer.status, (said ?? {}) as Partial<Schema["Problem"]>);
    if (problem.code === "fresh-proof-needed" && (await prove?.())) {
      return call(verb, path, asked);
    }
    throw problem;
  }
  return said as Good<Of<P, V>>;
}
