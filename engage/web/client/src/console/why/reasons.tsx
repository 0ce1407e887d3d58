// Why it was flagged: each text once, with what was found in it marked, the reason of every rule in
// words, how sure the reader is and how sure it is whose words these are. What today's reader sees
// otherwise than the one of that day is said, not hidden.
import type { Flag, ItemDetail } from "../../api/call";
import { language } from "../../shared/look";
import { Moment } from "../../shared/moment";
import { isWord, named, t } from "../../shared/words";
import { detail, patient, zone } from "../desk";
import { optionOf, questionOf } from "../instruments";
import { WrongButton } from "../relabel";
import { WhoButton } from "../who";
import { explanation, type Reading } from "./known";
import { Marked, phrase } from "./marked";

const GRAVE: Flag["severity"][] = ["crisis", "possible", "urgent", "routine"];

export function Reasons({ item }: { item: ItemDetail }) {
  return (
    <ul class="flags">
      {grouped(item.flags).map((flags) => (
        <Reason key={flags[0]?.id} flags={flags} />
      ))}
    </ul>
  );
}

/** Flags of one text stand together; the newest first, as they come. */
function grouped(flags: Flag[]): Flag[][] {
  const groups = new Map<string, Flag[]>();
  for (const flag of flags) {
    const key =
      flag.message_id === null || flag.withdrawn_at !== null ? flag.id : flag.message_id;
    groups.set(key, [...(groups.get(key) ?? []), flag]);
  }
  return [...groups.values()];
}

function Reason({ flags }: { flags: Flag[] }) {
  const [first] = flags;
  if (first === undefined) return null;
  const severity = GRAVE.find((one) => flags.some((flag) => flag.severity === one));
  const words = first.words;
  const question = questionOf(first.prompt, first.question);
  const option = words === null ? null : optionOf(first.prompt, words);
  const message = first.message_id;
  const reading =
    first.withdrawn_at === null
      ? explanation.value?.readings.find((one) => one.message_id === message)
      : undefined;
  return (
    <li class={`flag ${severity}`}>
      <p>
        <strong>{[...new Set(flags.map((one) => named("reason", one.reason)))].join(", ")}</strong>{" "}
        <span class="soft small">
          {named("severity", severity ?? first.severity)} ·{" "}
          <Moment at={first.at} zone={zone.value} as="ago" />
        </span>
      </p>
      {first.withdrawn_at === null ? null : <p class="small">{t("why.withdrawn")}</p>}
      {question === null ? null : (
        <p class="small">
          <span class="soft">{t("why.asked")}:</span> {question}
        </p>
      )}
      {words === null ? null : (
        <figure>
          <figcaption class="soft small">{t("why.wrote")}</figcaption>
          <blockquote lang={patient.value?.language}>
            {reading === undefined ? words : <Marked words={words} found={reading.found} />}
          </blockquote>
        </figure>
      )}
      {option === null ? null : (
        <p class="small">{t("why.means", { number: words?.trim() ?? "", option })}</p>
      )}
      {reading === undefined ? null : <Read reading={reading} />}
      {message === null || words === null ? null : (
        <div class="row">
          <WrongButton message={message} />
          {/* A text that is in no thread can be given to somebody from here. */}
          {detail.value?.thread_id === null ? <WhoButton message={message} sure="none" /> : null}
        </div>
      )}
      <Details flags={flags} reading={reading} />
    </li>
  );
}

/** What the reader makes of a text, in sentences. */
function Read({ reading }: { reading: Reading }) {
  const gone = reading.flagged.filter((one) => !one.again).map((one) => ruleName(one.rule));
  const more = reading.added.map(ruleName);
  // Of a text that says nothing grave, nothing is to be explained.
  const grave = reading.found.length > 0 || reading.tier !== "none" || reading.flagged.length > 0;
  return (
    <>
      <ul class="found-in small">
        {reading.found.map((one) => (
          <li key={one.rule}>
            <q lang={patient.value?.language}>{phrase(reading.words, one)}</q>:{" "}
            {one.standing === "stands" ? (
              <Inwords found={one} />
            ) : (
              <span class="soft">{named("standing", one.standing)}</span>
            )}
          </li>
        ))}
        {reading.joined.length === 0 ? null : (
          <li>{t("why.joined", { rules: reading.joined.map(ruleName).join(", ") })}</li>
        )}
      </ul>
      {grave ? (
        <p class="small">
          <span class="soft">{t("why.sure")}:</span>{" "}
          {t(`surety.${reading.surety}`, { n: percent(reading.probability) })}
        </p>
      ) : null}
      {reading.why === null ? null : (
        <p class="small">
          <span class="soft">{t("why.whose")}:</span>{" "}
          {reading.sure === null ? "" : `${named("sure", reading.sure)}. `}
          {named("attribution", reading.why)}
        </p>
      )}
      {gone.length === 0 ? null : (
        <p class="notice small">{t("why.gone", { rules: gone.join(", ") })}</p>
      )}
      {more.length === 0 ? null : (
        <p class="notice small">{t("why.more", { rules: more.join(", ") })}</p>
      )}
    </>
  );
}

/** Why a rule is one, in the reader's language where somebody wrote it down. */
function Inwords({ found }: { found: Reading["found"][number] }) {
  const own = language.value === "es" ? found.why_es : found.why_en;
  if (own !== null) return <>{own}</>;
  return <span lang="en">{found.why_en ?? ruleName(found.rule)}</span>;
}

/** Names and numbers for whoever wants to check: rules, labels, terms, and which reader it was. */
function Details({ flags, reading }: { flags: Flag[]; reading: Reading | undefined }) {
  const rules = [...new Set(flags.map((one) => one.rule))];
  return (
    <details class="small">
      <summary>{t("why.details")}</summary>
      <dl class="facts">
        <div>
          <dt>{t("why.rule")}</dt>
          <dd>
            {rules.map((one) => (
              <span key={one}>
                {told(one)} <code>{one}</code>{" "}
              </span>
            ))}
          </dd>
        </div>
        {reading === undefined ? null : (
          <>
            <div>
              <dt>{t("why.says")}</dt>
              <dd>
                {reading.labels.map((one) => named("label", one)).join(", ")}
                {reading.guessed ? ` (${t("why.guessed")})` : ""}
              </dd>
            </div>
            {reading.terms.length === 0 ? null : (
              <div>
                <dt>{t("why.terms")}</dt>
                <dd>
                  <ul>
                    {reading.terms.map((one) => (
                      <li key={`${one.kind} ${one.words}`}>
                        <code>{one.words}</code> <span class="soft">{named("term", one.kind)}</span>
                      </li>
                    ))}
                  </ul>
                </dd>
              </div>
            )}
            <div>
              <dt>{t("why.estimate")}</dt>
              <dd>{reading.probability.toFixed(2)}</dd>
            </div>
            <div>
              <dt>{t("why.reader")}</dt>
              <dd>
                <code>{explanation.value?.model_version}</code>
              </dd>
            </div>
          </>
        )}
      </dl>
    </details>
  );
}

/** Never all and never nothing: it is an estimate. */
const percent = (share: number): string =>
  new Intl.NumberFormat(language.value, { style: "percent" }).format(
    Math.min(0.99, Math.max(0.01, share)),
  );

const ruleName = (rule: string): string => named("rule", rule);

/** A rule of a flag, where it is one that the reader knows by name. */
function told(rule: string): string {
  const [kind, name = ""] = rule.split("/");
  const word = kind === "redflag" ? `rule.${name}` : kind === "words" ? `label.${name}` : rule;
  return isWord(word) ? t(word) : "";
}
