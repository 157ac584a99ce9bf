import { lazy, Suspense, type ComponentType, type ReactNode } from 'react';
import { surfaceId, useApp, type Surface } from '../store';

/**
 * Code that is fetched when it is first wanted, or beforehand by `prepareSurfaces`: the panel does not wait for windows
 * that nobody opened.
 */
function later<Props extends object>(
  load: () => Promise<ComponentType<Props>>,
): { readonly Component: ComponentType<Props>; readonly prepare: () => void } {
  let loading: Promise<{ readonly default: ComponentType<Props> }> | null = null;
  const once = (): Promise<{ readonly default: ComponentType<Props> }> =>
    (loading ??= load().then((component) => ({ default: component })));
  return { Component: lazy(once), prepare: () => void once() };
}

const status = later(async () => (await import('../status/StatusWindow')).StatusWindow);
const properties = later(async () => (await import('../properties/PropertiesWindow')).PropertiesWindow);
const diagnosis = later(async () => (await import('../diagnosis/DiagnosisWindow')).DiagnosisWindow);
const log = later(async () => (await import('../log/LogWindow')).LogWindow);
const connections = later(async () => (await import('../connections/ConnectionsWindow')).ConnectionsWindow);

/** Fetches what is not there yet, so that a click opens its window at once. */
export function prepareSurfaces(): void {
  for (const { prepare } of [status, properties, diagnosis, log, connections]) prepare();
}

function Content({ surface, hidden }: { readonly surface: Surface; readonly hidden: boolean }): ReactNode {
  switch (surface.kind) {
    case 'status':
      return <status.Component name={surface.name} hidden={hidden} />;
    case 'properties':
      return <properties.Component name={surface.name} hidden={hidden} />;
    case 'diagnosis':
      return <diagnosis.Component name={surface.name} hidden={hidden} />;
    case 'log':
      return <log.Component name={surface.name} hidden={hidden} />;
    case 'connections':
      return <connections.Component hidden={hidden} />;
  }
}

export function SurfaceWindow({ surface, hidden }: { readonly surface: Surface; readonly hidden: boolean }): ReactNode {
  return (
    <Suspense fallback={null}>
      <Content surface={surface} hidden={hidden} />
    </Suspense>
  );
}

export function Surfaces(): ReactNode {
  const windows = useApp((state) => state.windows);
  const minimized = useApp((state) => state.minimized);
  return windows.map((surface) => (
    <SurfaceWindow key={surfaceId(surface)} surface={surface} hidden={minimized.includes(surfaceId(surface))} />
  ));
}
