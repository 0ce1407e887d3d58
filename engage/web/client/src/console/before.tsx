// Before and just after a text leaves: what will be replaced in it, what would make it cheaper, and
// for ten seconds the way to take it back.
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { call, Problem, type Schema } from "../api/call";
import { t } from "../shared/words";

const PAUSE = 400;
const preview = signal<Schema["PreviewOut"] | null>(null);
const undo = signal<{ id: string; thread: string; body: string } | null>(null);
const late = signal(false);
let ends: ReturnType<typeof setTimeout> | undefined;

/** What of a text the server would write differently; it is asked once the typing pauses. */
export function Preview({ body, onTake }: { body: string; onTake: (body: string) => void }) {
  useEffect(() => {
    preview.value = null;
    // Plain letters stay as they are: nothing to ask.
    if (!/[^\n\x20-\x7e]/.test(body)) return;
    const timer = setTimeout(() => {
      call("post", "/v1/texts/preview", { body: { body } })
        .then((found) => {
          preview.value = found;
        })
        .catch(() => undefined);
    }, PAUSE);
    return () => {
      clearTimeout(timer);
    };
  }, [body]);
  const found = preview.value;
  if (found === null) return null;
  const cheaper = found.without_accents;
  const pairs = found.replaced.map((one) => `${one.from.trim() || "␣"} → ${one.to || "∅"}`);
  return (
    <div class="small soft">
      {pairs.length === 0 ? null : (
        <p>
          {t("reply.replaced", { pairs: pairs.join(", "), segments: found.segments })}
        </p>
      )}
      {cheaper === null ? null : (
        <button
          type="button"
          class="button quiet small"
          onClick={() => {
            onTake(cheaper.body);
          }}
        >
          {t("reply.plain", { segments: cheaper.segments })}
        </button>
      )}
    </div>
  );
}

/** Remember a text that may still be taken back. */
export function maySoonLeave(sent: Schema["SentOut"], thread: string): void {
  clearTimeout(ends);
  late.value = false;
  if (sent.undo === null) {
    undo.value = null;
    return;
  }
  undo.value = { id: sent.undo.id, thread, body: sent.message.body };
  ends = setTimeout(
    () => {
      undo.value = null;
    },
    // By this page's own clock: the browser's may be wrong.
    10_000,
  );
}

export function TakeBack({
  thread,
  onBack,
}: {
  thread: string;
  onBack: (body: string) => void;
}) {
  const last = undo.value;
  if (late.value) return <p class="notice warn">{t("reply.late")}</p>;
  if (last?.thread !== thread) return null;
  const take = async (): Promise<void> => {
    undo.value = null;
    try {
      await call("post", "/v1/actions/{action_id}/undo", { path: { action_id: last.id } });
      onBack(last.body);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      late.value = true;
    }
  };
  return (
    <button type="button" class="button small" onClick={() => void take()}>
      {t("reply.undo")}
    </button>
  );
}
