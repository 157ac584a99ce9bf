import type { ReactNode } from 'react';
import { ConnectionsWindow } from '../connections/ConnectionsWindow';
import { DiagnosisWindow } from '../diagnosis/DiagnosisWindow';
import { LogWindow } from '../log/LogWindow';
import { PropertiesWindow } from '../properties/PropertiesWindow';
import { surfaceId, useApp, type Surface } from '../store';
import { StatusWindow } from '../status/StatusWindow';

export function SurfaceWindow({ surface, hidden }: { readonly surface: Surface; readonly hidden: boolean }): ReactNode {
  switch (surface.kind) {
    case 'status':
      return <StatusWindow name={surface.name} hidden={hidden} />;
    case 'properties':
      return <PropertiesWindow name={surface.name} hidden={hidden} />;
    case 'diagnosis':
      return <DiagnosisWindow name={surface.name} hidden={hidden} />;
    case 'log':
      return <LogWindow name={surface.name} hidden={hidden} />;
    case 'connections':
      return <ConnectionsWindow hidden={hidden} />;
  }
}

export function Surfaces(): ReactNode {
  const windows = useApp((state) => state.windows);
  const minimized = useApp((state) => state.minimized);
  return windows.map((surface) => <SurfaceWindow key={surfaceId(surface)} surface={surface} hidden={minimized.includes(surfaceId(surface))} />);
}
