// How much each person has: in words and figures; the bar only repeats them.
import { when, whole } from "../../shared/time";
import { named, t } from "../../shared/words";
import { narrow } from "./narrow";
import { Part } from "./part";
import { full, here, load, nameOf, type Load } from "./state";

const GRAVEST = ["crisis", "possible", "urgent", "routine"] as const;

const held = (of: Load): number => GRAVEST.reduce((sum, one) => sum + of.open[one], 0);

export function Loads() {
  const people = load.value;
  return (
    <Part id="load" title={t("load.title")} lead={t("load.lead")}>
      {people === undefined ? <p class="soft">{t("loading")}</p> : null}
      {people === undefined ? null : narrow.value ? (
        <ul class="listed">
          {people.map((one) => (
            <li key={one.staff.id}>
              <p>
                <strong>{full(one.staff)}</strong> <Now of={one} />
              </p>
              <Open of={one} />
              <p class="small">
                {t("load.late")}: <Number of={one.late} /> · {t("load.resting")}: {one.snoozed} ·{" "}
                <Longest of={one} />
              </p>
            </li>
          ))}
        </ul>
      ) : (
        <div class="wide-table" role="region" aria-label={t("load.table")} tabIndex={0}>
          <table>
            <thead>
              <tr>
                <th scope="col">{t("team.person")}</th>
                <th scope="col">{t("load.state")}</th>
                <th scope="col">{t("load.open")}</th>
                <th scope="col" class="number">
                  {t("load.late")}
                </th>
                <th scope="col" class="number">
                  {t("load.resting")}
                </th>
                <th scope="col">{t("load.longest")}</th>
              </tr>
            </thead>
            <tbody>
              {people.map((one) => (
                <tr key={one.staff.id}>
                  <th scope="row">
                    {full(one.staff)}
                    <span class="soft small roles">
                      {one.roles.map((role) => named("role", role)).join(", ")}
                    </span>
                  </th>
                  <td>
                    <Now of={one} />
                  </td>
                  <td>
                    <Open of={one} />
                  </td>
                  <td class="number">
                    <Number of={one.late} />
                  </td>
                  <td class="number">{one.snoozed}</td>
                  <td>
                    <Longest of={one} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Part>
  );
}

function Number({ of }: { of: number }) {
  return of === 0 ? <>0</> : <strong class="over">{of}</strong>;
}

function Now({ of }: { of: Load }) {
  if (of.away != null) {
    const until = when(of.away.until, here());
    return <span>{t("load.away", { until, name: nameOf(of.away.cover) })}</span>;
  }
  return <span>{t(of.on_shift ? "load.here" : "load.off")}</span>;
}

function Open({ of }: { of: Load }) {
  const all = held(of);
  const people = load.value ?? [];
  const most = of.capacity ?? Math.max(1, ...people.map((one) => held(one) + one.elsewhere));
  const full = of.capacity != null && all + of.elsewhere >= of.capacity;
  const parts = GRAVEST.filter((one) => of.open[one] > 0);
  return (
    <div class="load">
      <p>
        <strong>{of.capacity == null ? all : t("load.of", { n: all, most: of.capacity })}</strong>
        {full ? <span class="full"> · {t("load.full")}</span> : null}
      </p>
      {/* What it says stands in words beside it. */}
      <meter aria-hidden="true" min={0} max={most} value={Math.min(all, most)} />
      <p class="small">
        {parts.map((one) => t(`load.${one}`, { n: of.open[one] })).join(" · ") || t("load.none")}
        {of.elsewhere > 0 ? ` · ${t("load.elsewhere", { n: of.elsewhere })}` : ""}
      </p>
    </div>
  );
}

function Longest({ of }: { of: Load }) {
  if (of.waiting_since == null) return <span class="soft">{t("load.nobody.waits")}</span>;
  return (
    <time dateTime={of.waiting_since} title={whole(of.waiting_since, here())}>
      {t("late.since", { when: when(of.waiting_since, here()) })}
    </time>
  );
}

