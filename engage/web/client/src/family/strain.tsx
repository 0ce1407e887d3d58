// How are you yourself? One question for who cares for somebody, ours and not a validated instrument.
// The answer stays on this page: nothing is sent unless they say so, and then in their own message.
import { signal } from "@preact/signals";

import { write } from "./messages";
import { Head, Hours, Now } from "./parts";
import { go } from "./route";
import { may, people } from "./state";
import { t } from "./words";

type Said = "fine" | "hard" | "help";
const SAID: readonly Said[] = ["fine", "hard", "help"];
const said = signal<Said | null>(null);

export function StrainPage() {
  const whom = people.value.filter((one) => !one.self).map((one) => one.given_name);
  const names = new Intl.ListFormat(document.documentElement.lang).format(whom);
  return (
    <>
      <Head title={t("strain.title")} from="more" />
      {said.value === null ? (
        <section class="card question">
          <h2 id="strain">{t("strain.ask", { name: names })}</h2>
          <ul class="choices" aria-labelledby="strain">
            {SAID.map((one) => (
              <li key={one}>
                <button type="button" class="button wide choice" onClick={() => (said.value = one)}>
                  {t(`strain.${one}`)}
                </button>
              </li>
            ))}
          </ul>
          <p class="soft small">{t("strain.private")}</p>
        </section>
      ) : (
        <Heard one={said.value} />
      )}
    </>
  );
}

function Heard({ one }: { one: Said }) {
  const tells = (): void => {
    write(t(one === "help" ? "strain.tell-help" : "strain.tell-hard"));
    said.value = null;
    go("messages");
  };
  return (
    <>
      <section class="card stack" role="status">
        <h2>{t(`strain.heard-${one}`)}</h2>
        <p>{t(`strain.words-${one}`)}</p>
        {one === "fine" || !may("messages", "act") ? null : (
          <>
            <button type="button" class="button first wide" onClick={tells}>
              {t("strain.tell")}
            </button>
            <p class="soft small">{t("strain.tell-hint")}</p>
            <Hours />
          </>
        )}
        <button type="button" class="button quiet" onClick={() => (said.value = null)}>
          {t("strain.again")}
        </button>
      </section>
      {one === "help" ? <Now title={t("strain.now")} words={t("strain.now-words")} /> : null}
    </>
  );
}
