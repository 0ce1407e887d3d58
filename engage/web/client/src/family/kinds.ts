// The values of the API that the app shows.
import type { Schema } from "../api/call";

export type Me = Schema["MeOut"];
export type Person = Pick<
  Schema["PersonOut"],
  "patient_id" | "given_name" | "self" | "relationship" | "zone" | "may"
>;
export type Today = Schema["TodayOut"];
export type Visit = Schema["VisitOut"];
export type Ride = Schema["FamilyRideOut"];
export type Need = Schema["FamilyNeedOut"];
export type Task = Schema["TaskOut"];
export type Message = Schema["FamilyMessageOut"];
export type Document = Schema["FamilyDocumentOut"];
export type CheckIn = NonNullable<Answered["check_in"]>;
export type Answered = Schema["AnsweredOut"];
export type Answer = Schema["FamilyAnswerIn"]["answer"];
export type Team = Schema["TeamOut"];
export type Category = Person["may"][number]["category"];
export type Verb = Person["may"][number]["verbs"][number];

export interface CheckInSeen {
  id: string;
  patient_id: string;
  asked_at: string;
  status: "waiting" | "answered" | "over";
}

/** What each kind of record holds. */
export interface Records {
  person: Person;
  visit: Visit;
  ride: Ride;
  need: Need;
  task: Task;
  message: Message;
  document: Document;
  "check-in": CheckInSeen;
}
export type Kind = keyof Records;

export interface Kept {
  kind: Kind;
  patient_id: string;
  id: string;
  version: string;
  body: unknown;
}
