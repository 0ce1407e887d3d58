// A way to another place in the console: an ordinary link, that opens here without loading anew.
import type { ComponentChildren } from "preact";

import { pathOf, type Place } from "./place";
import { addressOf, go, visit } from "./route";

interface Props {
  to: Place | { at: "item"; id: string };
  class?: string;
  here?: boolean;
  children: ComponentChildren;
}

export function Link({ to, here, children, ...rest }: Props) {
  return (
    <a
      {...rest}
      href={to.at === "item" ? addressOf(to.id) : pathOf(to)}
      aria-current={here === true ? "page" : undefined}
      onClick={(event) => {
        if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
        event.preventDefault();
        if (to.at === "item") go(to.id);
        else visit(to);
        focusHead();
      }}
    >
      {children}
    </a>
  );
}

let wanted = false;

/** Focus goes where the reader goes: to the heading of the place. */
export function focusHead(): void {
  wanted = true;
  requestAnimationFrame(() => {
    const head = ["card", "place", "queue"].map((id) => document.getElementById(id));
    head.find((one) => one !== null)?.focus();
    scrollTo(0, 0);
  });
}

/** The heading that had the focus while a page was read is gone: its successor takes it. */
export function keepFocus(): void {
  if (!wanted || document.activeElement !== document.body) return;
  document.getElementById("place")?.focus({ preventScroll: true });
}
