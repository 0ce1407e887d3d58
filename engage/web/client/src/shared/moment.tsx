// A moment in words that a machine can read too, and that says all of itself when pointed at.
import { ago, clock, when, whole, type Zone } from "./time";

interface Of {
  at: string;
  zone: Zone;
  as?: "ago" | "clock" | "when";
}

export function Moment({ at, zone, as = "when" }: Of) {
  const say = { ago, clock, when }[as];
  return (
    <time dateTime={at} title={whole(at, zone)}>
      {say(at, zone)}
    </time>
  );
}
