// How one hears of news: of what, by which ways, and when not. Nothing is on until it is chosen here,
// and every choice is kept as it is made.
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { call, type Schema } from "../api/call";
import { whenLeft } from "./leaving";
import { attempt, Head } from "./parts";
import { begin, end, here, unable } from "./push";
import { tell } from "./state";
import { named, t, type Word } from "./words";

type Notices = Schema["NoticesOut"];
type Chosen = Schema["NoticesIn"];
type Way = Notices["kinds"][number]["ways"][number];

const WAYS: readonly Way[] = ["push", "text", "digest"];

interface Known {
  notices: Notices;
  key: string | null;
  /** The subscription of the browser in hand. */
  here: string | null;
}

const known = signal<Known | null>(null);
const hindered = signal<Word | null>(null);
whenLeft(() => {
  known.value = null;
  hindered.value = null;
});

async function load(): Promise<void> {
  await attempt(async () => {
    const [notices, browsers, id] = await Promise.all([
      call("get", "/v1/family/me/notices"),
      call("get", "/v1/push-subscriptions"),
      here(),
    ]);
    const mine = browsers.items.some((one) => one.id === id) ? id : null;
    known.value = { notices, key: browsers.application_server_key, here: mine };
  });
}

/** Keep a choice; the hours are meant by the clock of this phone. */
async function put(change: Partial<Chosen>): Promise<void> {
  const before = known.value;
  if (before === null) return;
  const { kinds, quiet, digest_at, wakes } = before.notices;
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const body: Chosen = { kinds, quiet, digest_at, wakes, zone, ...change };
  const good = await attempt(async () => {
    const notices = await call("put", "/v1/family/me/notices", { body });
    known.value = { ...before, ...known.value, notices };
  });
  if (good) tell("good", t("notices.kept"));
}

function choose(kind: Notices["kinds"][number], way: Way, on: boolean): void {
  const kinds = (known.value?.notices.kinds ?? []).map((one) =>
    one.kind === kind.kind
      ? { kind: one.kind, ways: WAYS.filter((each) => (each === way ? on : one.ways.includes(each))) }
      : one,
  );
  void put({ kinds });
}

export function NoticesPage() {
  useEffect(() => void load(), []);
  const now = known.value;
  return (
    <>
      <Head title={t("notices.title")} from="settings" lead={t("notices.lead")} />
      {now === null ? (
        <p class="soft">{t("loading")}</p>
      ) : (
        <>
          <Phone of={now} />
          <section class="card stack" aria-label={t("notices.what")}>
            <h2>{t("notices.what")}</h2>
            {now.notices.kinds.map((kind) => (
              <fieldset key={kind.kind} class="sizes ways">
                <legend class="label">{named("news", kind.kind)}</legend>
                {WAYS.map((way) => (
                  <label key={way} class="size">
                    <input
                      type="checkbox"
                      checked={kind.ways.includes(way)}
                      onChange={(event) => choose(kind, way, event.currentTarget.checked)}
                    />
                    <span>{named("news-way", way)}</span>
                  </label>
                ))}
              </fieldset>
            ))}
            <Texts of={now.notices} />
          </section>
          <Times of={now.notices} />
        </>
      )}
    </>
  );
}

function Phone({ of }: { of: Known }) {
  const why = unable(of.key);
  const start = async (): Promise<void> => {
    if (of.key === null) return;
    const key = of.key;
    await attempt(async () => {
      hindered.value = await begin(key);
    });
    if (hindered.value !== null) return;
    const kinds = known.value?.notices.kinds ?? [];
    // Who turns it on and had nothing chosen wishes to hear of everything.
    if (!kinds.some((one) => one.ways.includes("push"))) {
      await put({ kinds: kinds.map(({ kind, ways }) => ({ kind, ways: ["push", ...ways] })) });
    }
    await load();
  };
  const stop = async (): Promise<void> => {
    const id = of.here ?? "";
    if (await attempt(() => end(id))) tell("good", t("notices.stopped"));
    await load();
  };
  const test = async (): Promise<void> => {
    await attempt(async () => {
      const { sent } = await call("post", "/v1/family/me/notices/test");
      if (sent > 0) tell("good", t("notices.tested"));
      else tell("wrong", t("notices.not-tested"));
    });
  };
  const hindrance = of.here === null ? (why ?? hindered.value) : null;
  return (
    <section class="card stack" aria-label={t("notices.phone")}>
      <h2>{t("notices.phone")}</h2>
      <p>{t(of.here === null ? "notices.off" : "notices.on")}</p>
      <p class="soft small">{t("notices.words")}</p>
      {hindrance === null ? null : <p class="notice warn">{t(hindrance)}</p>}
      {of.here !== null ? (
        <div class="actions">
          <button type="button" class="button" onClick={() => void test()}>
            {t("notices.test")}
          </button>
          <button type="button" class="button" onClick={() => void stop()}>
            {t("notices.stop")}
          </button>
        </div>
      ) : why === null ? (
        <button type="button" class="button first wide" onClick={() => void start()}>
          {t("notices.start")}
        </button>
      ) : null}
    </section>
  );
}

/** What texts cost and how they end, as soon as one is chosen. */
function Texts({ of }: { of: Notices }) {
  const chosen = of.kinds.some((one) => one.ways.some((way) => way !== "push"));
  if (!chosen) return null;
  if (of.texts === "can") return <p class="soft small">{t("notices.texts")}</p>;
  return <p class="notice warn">{t(of.texts === "stopped" ? "notices.stopped-texts" : "notices.no-phone")}</p>;
}

const NIGHT = { begins: "21:00", ends: "08:00" };

function Times({ of }: { of: Notices }) {
  const quiet = of.quiet;
  return (
    <section class="card stack" aria-label={t("notices.times")}>
      <h2>{t("notices.times")}</h2>
      <label class="tick">
        <input
          type="checkbox"
          checked={quiet !== null}
          onChange={(event) => void put({ quiet: event.currentTarget.checked ? NIGHT : null })}
        />
        <span>{t("notices.quiet")}</span>
      </label>
      {quiet === null ? null : (
        <>
          <div class="times">
            <Clock
              label={t("notices.begins")}
              value={quiet.begins}
              set={(begins) => void put({ quiet: { ...quiet, begins } })}
            />
            <Clock
              label={t("notices.ends")}
              value={quiet.ends}
              set={(ends) => void put({ quiet: { ...quiet, ends } })}
            />
          </div>
          <label class="tick">
            <input
              type="checkbox"
              checked={of.wakes}
              onChange={(event) => void put({ wakes: event.currentTarget.checked })}
            />
            <span>{t("notices.wakes")}</span>
          </label>
        </>
      )}
      <Clock
        label={t("notices.digest-at")}
        value={of.digest_at}
        set={(digest_at) => void put({ digest_at })}
      />
    </section>
  );
}

function Clock({ label, value, set }: { label: string; value: string; set: (to: string) => void }) {
  return (
    <label class="stack">
      <span class="label">{label}</span>
      <input
        type="time"
        value={value}
        required
        onChange={(event) => {
          if (event.currentTarget.value !== "") set(event.currentTarget.value);
        }}
      />
    </label>
  );
}
