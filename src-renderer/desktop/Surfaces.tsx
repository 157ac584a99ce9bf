import type { ReactNode } from 'react';
import { surfaceId, useApp, type Surface } from '../store';
import { StatusWindow } from '../status/StatusWindow';

export function SurfaceWindow({ surface, hidden }: { readonly surface: Surface; readonly hidden: boolean }): ReactNode {
  switch (surface.kind) {
    case 'status':
      return <StatusWindow name={surface.name} hidden={hidden} />;
    default:
      return null;
  }
}

export function Surfaces(): ReactNode {
  const windows = useApp((state) => state.windows);
  const minimized = useApp((state) => state.minimized);
  return windows.map((surface) => <SurfaceWindow key={surfaceId(surface)} surface={surface} hidden={minimized.includes(surfaceId(surface))} />);
}
