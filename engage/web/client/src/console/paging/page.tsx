// How I am paged: which ways I have, when each last brought a page, and what can be changed about it:
// a phone of one's own, and whether this browser shows pages.
import { useSignal, type Signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useId } from "preact/hooks";

import { call, type Schema } from "../../api/call";
import { Moment } from "../../shared/moment";
import { t, type Word } from "../../shared/words";
import { Refused, useActing } from "../acting";
import { attempt, me, zoneOf } from "../desk";
import { Field, Missing, Select } from "../fields";
import { begin, end, ofThisBrowser, unable } from "./push";
import "./paging.css";

type Ways = Schema["PagingWaysOut"];
type Way = Schema["PagingWayOut"]["way"];
type Browsers = Schema["PushSubscriptionList"];

interface Known {
  ways: Ways;
  browsers: Browsers;
  /** Of the list, the one in hand. */
  here: string | null;
}

interface Of {
  known: Known;
  practice: string;
  reread: () => Promise<void>;
}

export function PagingPage() {
  const known = useSignal<Known | undefined>(undefined);
  const all = new Map(me.value?.memberships?.map((one) => [one.practice_id, one.practice_name]));
  const practice = useSignal([...all.keys()][0] ?? "");
  const reread = async (): Promise<void> => {
    const found = await attempt(() =>
      Promise.all([
        call("get", "/v1/me/paging"),
        call("get", "/v1/push-subscriptions"),
        ofThisBrowser(),
      ]),
    );
    if (found === undefined) return;
    const [ways, browsers, id] = found;
    const here = browsers.items.some((one) => one.id === id) ? id : null;
    known.value = { ways, browsers, here };
  };
  useEffect(() => void reread(), []);
  const of = known.value && { known: known.value, practice: practice.value, reread };
  return (
    <main class="page paging" id="main">
      <h2 id="place" tabIndex={-1}>
        {t("paging.title")}
      </h2>
      <p>{t("paging.lead")}</p>
      <blockquote>{t("paging.sentence")}</blockquote>
      {all.size < 2 ? null : (
        <div class="narrowly">
          <Select
            label={t("paging.practice")}
            of={[...all.keys()]}
            value={practice}
            say={(one) => all.get(one) ?? one}
          />
        </div>
      )}
      {of === undefined ? (
        <p class="soft">{t("loading")}</p>
      ) : (
        <>
          <Part word="paging.way.console">
            <p>{t("paging.console")}</p>
          </Part>
          <Part word="paging.way.email">
            <p>{t(setUp(of, "email") ? "paging.email" : "paging.email.off")}</p>
            {setUp(of, "email") ? <Proof of={of} way="email" /> : null}
          </Part>
          <Phone {...of} />
          <Push {...of} />
          <Code {...of} />
        </>
      )}
    </main>
  );
}

const wayOf = (of: Of, way: Way) => of.known.ways.ways.find((one) => one.way === way);
const setUp = (of: Of, way: Way): boolean => wayOf(of, way)?.set_up === true;

function Part({ word, children }: { word: Word; children: ComponentChildren }) {
  const id = useId();
  return (
    <section class="part" aria-labelledby={id}>
      <h3 id={id} tabIndex={-1}>
        {t(word)}
      </h3>
      {children}
    </section>
  );
}

/** Where the focus goes when what was pressed is not there any more. */
function toHead(from: Event): void {
  const part = (from.currentTarget as Element | null)?.closest("section");
  setTimeout(() => part?.querySelector<HTMLElement>("h3")?.focus());
}

/** When a page last came by a way, and a button that sends one. */
function Proof({ of, way }: { of: Of; way: Way }) {
  const acting = useActing();
  const sent = useSignal(false);
  const at = wayOf(of, way)?.proven_at ?? null;
  const body = { way, practice_id: of.practice };
  const send = async (): Promise<void> => {
    sent.value = false;
    const send_ = () => call("post", "/v1/me/paging/test", { body });
    sent.value = (await acting.act(send_)) !== undefined;
  };
  return (
    <>
      <p class="soft small">
        {at === null ? (
          t("paging.unproven")
        ) : (
          <>
            {t("paging.proven")} <Moment at={at} zone={zoneOf(undefined)} />
          </>
        )}
      </p>
      <Refused of={acting} />
      <p role="status">{sent.value ? t("paging.test.sent") : ""}</p>
      <div class="row">
        <button
          type="button"
          class="button"
          aria-label={t("paging.test.of", { way: t(`paging.way.${way}`) })}
          aria-disabled={acting.busy.value}
          onClick={() => void send()}
        >
          {t("paging.test")}
        </button>
      </div>
    </>
  );
}

function Form({ children, act, save }: { children: ComponentChildren; act: Word; save: () => void }) {
  return (
    <form
      class="ask"
      onSubmit={(event) => {
        event.preventDefault();
        save();
      }}
    >
      {children}
      <div class="row">
        <button type="submit" class="button first">
          {t(act)}
        </button>
      </div>
    </form>
  );
}

/** Whether something was typed; what is missing is said, and its field has the focus. */
function typed(value: Signal<string>, lacks: Signal<boolean>, id: string): boolean {
  lacks.value = value.value.trim() === "";
  if (lacks.value) document.getElementById(id)?.closest("form")?.querySelector("input")?.focus();
  return !lacks.value;
}

function Phone(of: Of) {
  const id = useId();
  const acting = useActing();
  const number = useSignal("");
  const lacks = useSignal(false);
  const digits = of.known.ways.phone_ends_in;
  const put = async (phone: string | null, done: Word): Promise<void> => {
    const keep = () => call("put", "/v1/me/paging", { body: { phone } });
    if ((await acting.act(keep, t(done))) === undefined) return;
    number.value = "";
    await of.reread();
  };
  return (
    <Part word="paging.way.sms">
      <p>{digits === null ? t("paging.sms.none") : t("paging.sms", { digits })}</p>
      {digits === null ? null : <Proof of={of} way="sms" />}
      <Form
        act="paging.phone.save"
        save={() => {
          if (typed(number, lacks, id)) void put(number.value.trim(), "paging.phone.saved");
        }}
      >
        <div class="narrowly">
          <Field
            label={t("paging.phone")}
            value={number}
            most={40}
            hint={t("paging.phone.hint")}
            describedBy={id}
            needed
          />
        </div>
        <div id={id}>
          <Missing id={`${id}-missing`} words={lacks.value ? t("paging.phone.lacks") : null} />
        </div>
        <Refused of={acting} />
      </Form>
      {digits === null ? null : (
        <div class="row">
          <button
            type="button"
            class="button"
            onClick={(event) => {
              toHead(event);
              void put(null, "paging.phone.ended");
            }}
          >
            {t("paging.phone.end")}
          </button>
        </div>
      )}
    </Part>
  );
}

function Push(of: Of) {
  const acting = useActing();
  const wrong = useSignal<Word | null>(null);
  const { browsers, here } = of.known;
  const key = browsers.application_server_key;
  const why = unable(key) ?? wrong.value;
  const start = async (): Promise<void> => {
    if (key === null) return;
    wrong.value = null;
    const found = await acting.act(() => begin(key));
    wrong.value = found ?? null;
    if (found === null) await of.reread();
  };
  const stop = async (id: string, done: Word): Promise<void> => {
    await acting.act(() => end(id, id === here), t(done));
    await of.reread();
  };
  const others = browsers.items.filter((one) => one.id !== here);
  return (
    <Part word="paging.way.push">
      <p>{t(here === null ? "paging.push.off" : "paging.push.on")}</p>
      <div role="status">{why === null || here !== null ? null : <p class="notice warn">{t(why)}</p>}</div>
      <Refused of={acting} />
      {browsers.items.length > 0 ? <Proof of={of} way="push" /> : null}
      <div class="row">
        {here !== null ? (
          <button
            type="button"
            class="button"
            onClick={(event) => {
              toHead(event);
              void stop(here, "paging.push.stopped");
            }}
          >
            {t("paging.push.stop")}
          </button>
        ) : unable(key) === null ? (
          <button
            type="button"
            class="button first"
            aria-disabled={acting.busy.value}
            onClick={() => void start()}
          >
            {t("paging.push.start")}
          </button>
        ) : null}
      </div>
      {others.length === 0 ? null : (
        <ul class="listed" aria-label={t("paging.push.others")}>
          {others.map((one) => (
            <li key={one.id} class="row spread">
              <span>
                {t("paging.push.other", { service: one.service })}{" "}
                <Moment at={one.made_at} zone={zoneOf(undefined)} />
              </span>
              <button
                type="button"
                class="button"
                onClick={(event) => {
                  toHead(event);
                  void stop(one.id, "paging.push.other.ended");
                }}
              >
                {t("paging.push.other.end")}
                <span class="unseen">: {one.service}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </Part>
  );
}

/** The code of a test page, by whichever way it came. */
function Code(of: Of) {
  const id = useId();
  const acting = useActing();
  const code = useSignal("");
  const lacks = useSignal(false);
  const done = useSignal<Way | null>(null);
  const save = async (): Promise<void> => {
    done.value = null;
    if (!typed(code, lacks, id)) return;
    const body = { code: code.value.trim(), practice_id: of.practice };
    const took = await acting.act(() => call("post", "/v1/me/paging/confirm", { body }));
    if (took === undefined) return;
    code.value = "";
    done.value = took.way;
    await of.reread();
  };
  return (
    <Part word="paging.code.title">
      <Form act="paging.code.do" save={() => void save()}>
        <div class="narrowly">
          <Field
            label={t("paging.code")}
            value={code}
            most={12}
            inputMode="numeric"
            hint={t("paging.code.hint")}
            describedBy={id}
            needed
          />
        </div>
        <div id={id}>
          <Missing id={`${id}-missing`} words={lacks.value ? t("paging.code.lacks") : null} />
        </div>
        <Refused of={acting} />
        <p role="status">
          {done.value === null ? "" : t("paging.code.done", { way: t(`paging.way.${done.value}`) })}
        </p>
      </Form>
    </Part>
  );
}
