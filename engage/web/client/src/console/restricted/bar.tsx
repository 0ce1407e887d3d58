// For who directs the work: that a record was opened, from wherever one is, until somebody has seen it.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { t } from "../../shared/words";
import { attempt } from "../desk";
import { Link } from "../link";
import { place } from "../place";
import { heard, openings, unseen } from "./state";

export function Bar() {
  const many = useSignal(0);
  useEffect(() => {
    void attempt(
      async () => {
        const all = await Promise.all(openings.practices().map((one) => openings.read(one)));
        many.value = all.flatMap((page) => page.items).filter(unseen).length;
      },
      () => true,
    );
  }, [heard.value]);
  if (many.value === 0 || place.value.at === "restricted") return null;
  return (
    <section class="crisis-bar opened" aria-label={t("report.title")}>
      <strong role="status">
        {many.value === 1 ? t("report.bar.one") : t("report.bar.many", { n: many.value })}
      </strong>
      <Link to={{ at: "restricted" }} class="button small">
        {t("queue.show")}
      </Link>
    </section>
  );
}
