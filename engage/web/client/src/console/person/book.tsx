// Write down a visit: when, for how long, where, and what it is for. What it is for is in no text.
import { useSignal } from "@preact/signals";

import { call } from "../../api/call";
import { moment, onWall } from "../../shared/wall";
import { t } from "../../shared/words";
import { useActing } from "../acting";
import { keyOf } from "../desk";
import { Field, Select } from "../fields";
import { Fold } from "../fold";
import { loadPerson, ours, person, places } from "./state";

const HOUR_MS = 3_600_000;
const LENGTHS = ["30", "60", "120", "240"] as const;
const ANYWHERE = "";

export function Book() {
  const at = useSignal(onWall(Date.now() + 24 * HOUR_MS, ours.value).replace(/T.*/, "T10:00"));
  const length = useSignal<(typeof LENGTHS)[number]>("60");
  const where = useSignal<string>(ANYWHERE);
  const what = useSignal("");
  const lacks = useSignal(false);
  const acting = useActing();
  const who = person.value;
  if (who === undefined) return null;
  const mine = places.value.filter((one) => one.practice_id === who.practice_id);

  const save = async (): Promise<boolean> => {
    const place = mine.find((one) => one.id === where.value);
    const starts = moment(at.value, place?.zone ?? ours.value);
    lacks.value = starts === null;
    if (starts === null) return false;
    const body = {
      patient_id: who.id,
      starts_at: starts,
      ends_at: new Date(Date.parse(starts) + Number(length.value) * 60_000).toISOString(),
      place_id: place?.id ?? null,
      status: "booked" as const,
      what: what.value.trim(),
    };
    const made = await acting.act(
      () =>
        call("post", "/v1/appointments", { body, key: keyOf(`book ${JSON.stringify(body)}`) }),
      t("visit.booked"),
    );
    if (made === undefined) return false;
    what.value = "";
    await loadPerson();
    return true;
  };

  return (
    <Fold
      title={t("visit.book")}
      act={t("visit.book.do")}
      acting={acting}
      lacks={lacks.value ? t("visit.lacks") : null}
      save={save}
    >
        <div class="pair">
          <Field label={t("visit.at")} type="datetime-local" value={at} needed />
          <Select
            label={t("visit.length")}
            of={LENGTHS}
            value={length}
            say={(one) => t("visit.minutes", { n: one })}
          />
          <Select
            label={t("visit.place")}
            of={[ANYWHERE, ...mine.map((one) => one.id)]}
            value={where}
            say={(one) => mine.find((each) => each.id === one)?.name ?? t("visit.place.unsaid")}
          />
        </div>
        <Field label={t("visit.what")} value={what} most={120} hint={t("visit.what.hint")} />
    </Fold>
  );
}
