// Whose a piece of work is, and why, in the reader's language.
import type { Item } from "../api/call";
import { isWord, named, t } from "../shared/words";
import { me } from "./desk";

export function ownership(item: Item): string {
  const own = item.owner.id === me.value?.id;
  const name = `${item.owner.given_name} ${item.owner.family_name}`;
  if (item.status === "in-progress") {
    return own ? t("claimed.you") : t("claimed.by", { name });
  }
  return `${own ? t("owner.you") : t("owner.by", { name })} · ${because(item.owner_why)}`;
}

const TOLD: [RegExp, string][] = [
  [/^(.*), speaks their language \((\w+)\)$/, "because.speaks"],
  [/^(.*), though away$/, "because.away"],
  [/^(.*); when it is due nobody is here$/, "because.until"],
  [/^(.*); who had it is away$/, "because.moved"],
  [/^(.*); who comes first \((.*)\) has as much as they should$/, "because.full"],
  [/^(.*); who comes first \((.*)\) is not at work until then$/, "because.off"],
];

/** Why this person, as routing said it, in the reader's language: a reason, and what came to it. */
export function because(why: string): string {
  for (const [form, word] of TOLD) {
    const [, first, more] = form.exec(why) ?? [];
    if (first === undefined || !isWord(word)) continue;
    const second = word === "because.speaks" ? named("language", more ?? "") : because(more ?? "");
    return t(word, { why: because(first), more: second });
  }
  return named("because", why);
}
