import type { ReactNode } from 'react';
import { safeText } from '../../src-text';

/** Text that is somebody else's, isolated in direction and made harmless. */
export function UserText({ text, max = 256 }: { readonly text: string; readonly max?: number }): ReactNode {
  const shown = safeText(text, max);
  return <bdi className="user-text">{shown}</bdi>;
}
