// Documents that the team shared: a list, and each as a file for the phone's own reader. Nothing of a
// file is shown within the app or kept by it; what somebody saves is theirs, and the page says so.
import { Picture } from "./icons";
import { Head, Hours } from "./parts";
import { away, of, person } from "./state";
import { brief } from "./time";
import { named, t } from "./words";

export function DocumentsPage() {
  const whom = person.value;
  const all = of("document").sort((a, b) => (a.at < b.at ? 1 : -1));
  return (
    <>
      <Head
        title={t("documents.title")}
        from="more"
        lead={whom === undefined || whom.self ? undefined : t("visit.of", { name: whom.given_name })}
      />
      {all.length === 0 ? <p class="empty soft">{t("documents.none")}</p> : null}
      <ul class="cards">
        {all.map((one) => (
          <li key={one.id} class="card errand">
            <Picture of="bag" />
            <div>
              <p class="what">{one.title}</p>
              <p class="soft small">
                {named("document", one.about)} · {brief(one.at, whom?.zone)} · {one.format.toUpperCase()},{" "}
                {t("documents.size", { count: Math.max(1, Math.round(one.bytes / 1024)) })}
              </p>
              {away.value ? (
                <p class="soft small">{t("documents.away")}</p>
              ) : (
                <a
                  class="button quiet"
                  href={`/v1/family/${one.patient_id}/documents/${one.id}/content`}
                  download
                >
                  {t("documents.open")}
                  <span class="unseen">: {one.title}</span>
                </a>
              )}
            </div>
          </li>
        ))}
      </ul>
      {all.length === 0 ? null : <p class="soft small">{t("documents.saved")}</p>}
      <Hours />
    </>
  );
}
