// One part of the page, with a heading that can take the focus.
import type { ComponentChildren } from "preact";

interface Props {
  id: string;
  title: string;
  lead?: string;
  children: ComponentChildren;
}

export function Part({ id, title, lead, children }: Props) {
  return (
    <section class="part" id={`team-${id}`} aria-labelledby={`team-${id}-title`}>
      <h3 id={`team-${id}-title`} tabIndex={-1}>
        {title}
      </h3>
      {lead === undefined ? null : <p class="soft small">{lead}</p>}
      {children}
    </section>
  );
}
