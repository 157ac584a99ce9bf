import { useState, type ReactNode } from 'react';
import { Chevron } from '../icons/icons';

/** One kind of networks in the panel; its whole header line folds it. */
export function Section({
  title,
  folded = false,
  children,
}: {
  readonly title: string;
  readonly folded?: boolean;
  readonly children: ReactNode;
}): ReactNode {
  const [open, setOpen] = useState(!folded);
  return (
    <section className="panel-section" aria-label={title}>
      <h3>
        <button type="button" className="bare panel-section-header" aria-expanded={open} onClick={() => setOpen(!open)}>
          <span>{title}</span>
          <Chevron open={open} />
        </button>
      </h3>
      {open && children}
    </section>
  );
}
