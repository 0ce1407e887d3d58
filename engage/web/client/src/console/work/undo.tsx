// For ten seconds what was just completed opens again with one key: then as it was.
import { call } from "../../api/call";
import { t } from "../../shared/words";
import { attempt, detail, loadQueue, openId, refused, said, undoable } from "../desk";
import { focusCard } from "../queue";
import { go } from "../route";

export async function undo(): Promise<void> {
  const last = undoable.value;
  if (last === null) return;
  undoable.value = null;
  const done = await attempt(
    () =>
      call("post", "/v1/queue/{item_id}/reopen", {
        path: { item_id: last.id },
        body: {},
        key: crypto.randomUUID(),
      }),
    async (problem) => {
      go(last.id);
      return refused(problem);
    },
  );
  if (done === undefined) return;
  if (openId.value === done.id) detail.value = done;
  else go(done.id);
  said.value = t("undo.done");
  focusCard();
  void loadQueue();
}

export function Undo() {
  return (
    <div role="status" class="undo">
      {undoable.value === null ? null : (
        <p class="row">
          {t("do.completed")}
          <button type="button" class="button small" onClick={() => void undo()}>
            {t("undo")} <kbd aria-hidden="true">z</kbd>
          </button>
        </p>
      )}
    </div>
  );
}
