// The one person who answers for somebody, and who has it now if that is somebody else.
import type { Schema } from "../../api/call";
import { when, type Zone } from "../../shared/time";
import { isWord, t } from "../../shared/words";

interface Of {
  team: Schema["CareTeamOut"];
  zone: Zone;
}

export function Answers({ team, zone }: Of) {
  const { accountable: one, acting, away } = team;
  const cover = away?.cover ?? null;
  return (
    <>
      <strong>{nameOf(one)}</strong>
      {team.because === "assigned" ? "" : ` (${t("team.responsible")})`}
      {away === null ? null : (
        <>
          <br />
          {cover === null
            ? t("team.away", { when: when(away.until, zone) })
            : t("team.cover", { when: when(away.until, zone), name: nameOf(cover) })}
        </>
      )}
      {acting.id === one.id || acting.id === cover?.id ? null : (
        <>
          <br />
          {t("team.acting", { name: nameOf(acting), why: because(team.acting_why) })}
        </>
      )}
    </>
  );
}

export const nameOf = (one: { given_name: string; family_name: string }): string =>
  `${one.given_name} ${one.family_name}`.trim();

/** "covers for the assigned care manager, though away": what is known of it, in one's language. */
function because(words: string): string {
  return words
    .split(/[,;] /)
    .map((one) => (isWord(`because.${one}`) ? t(`because.${one}` as "because.claimed it") : one))
    .join(", ");
}
