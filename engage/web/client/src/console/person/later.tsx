// Parts of a person’s page that are fetched when it is looked at: who helps them, what is asked of
// them, what happened.
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { speakInDialogs, speakOfReasons, speakOfStories, t } from "../../shared/words";
import { Refused, useActing } from "../acting";
import { part } from "../desk";

type Story = typeof import("./story");
const story = signal<Story | undefined>(undefined);

export function Later({ of: which }: { of: keyof Story }) {
  const acting = useActing();
  useEffect(() => {
    if (story.value !== undefined) return;
    const all = () => Promise.all([import("./story"), speakOfReasons(), speakOfStories(), speakInDialogs()]);
    void acting.act(() => part(all)).then((found) => {
      if (found !== undefined) story.value = found[0];
    });
  }, []);
  const Part = story.value?.[which];
  if (Part !== undefined) return <Part />;
  return (
    <>
      <p class="soft">{t("loading")}</p>
      <Refused of={acting} />
    </>
  );
}
