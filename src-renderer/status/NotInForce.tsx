import type { ReactNode } from 'react';
import type { StatusObject } from '../../src-core/connection/status';
import { actions, useApp } from '../store';
import { t, type TextKey } from '../../src-text';

const concerns: Readonly<Record<string, TextKey>> = {
  tunnel: 'settings.tunnel',
  addresses: 'settings.addresses',
  routes: 'settings.routes',
  rules: 'settings.rules',
  dns: 'settings.dns',
  firewall: 'settings.firewall',
};

/** A later version may know more. */
const nameOf = (concern: string): string => (Object.hasOwn(concerns, concern) ? t(concerns[concern]!) : concern);

/**
 * Says, setting by setting, what the system does not do as the connection wants it: something else changed it, or the
 * system cannot.
 */
export function NotInForce({ status }: { readonly status: StatusObject }): ReactNode {
  const missing = (status.settings ?? []).filter(({ inForce }) => !inForce);
  if (missing.length === 0) return null;
  return (
    <div className="not-in-force" role="status">
      <p>{t('settings.not-in-force')}</p>
      <ul>
        {missing.map(({ concern, detail }) => (
          <li key={concern}>{t('settings.line', { concern: nameOf(concern), detail })}</li>
        ))}
      </ul>
    </div>
  );
}

/** The same in one line, for whoever looks at the panel only. */
export function PanelNotInForce(): ReactNode {
  const name = useApp(
    ({ statuses }) =>
      Object.values(statuses).find(({ settings }) => settings?.some(({ inForce }) => !inForce) === true)?.connection ??
      null,
  );
  if (name === null) return null;
  return (
    <div className="blocked" role="status">
      <span>{t('settings.not-in-force.named', { name })}</span>
      <button type="button" onClick={() => actions.open({ kind: 'status', name })}>
        {t('settings.show')}
      </button>
    </div>
  );
}
