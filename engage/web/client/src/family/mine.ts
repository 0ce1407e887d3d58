// Whose it is, what somebody wrote on this phone and nobody has yet: theirs alone. Where their sign-in
// ended by itself it waits for them, for a week; anybody else who signs in finds nothing of it.

/** Whose sign-in ended here by itself, and when. */
export interface Left {
  by: string;
  at: number;
}

const WEEK_MS = 7 * 86_400_000;

/** Whether something stays on the phone, now that somebody signs in, or (null) that nobody has yet. */
export function stays(by: string, who: string | null, left: Left | undefined, now: number): boolean {
  if (who !== null && by !== who) return false;
  return left?.by !== by || now - left.at <= WEEK_MS;
}
