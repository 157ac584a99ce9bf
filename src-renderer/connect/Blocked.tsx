import type { ReactNode } from 'react';
import { actions, request, useApp } from '../store';
import { t } from '../../src-text';

function Notice({ text, unblock }: { readonly text: string; readonly unblock: (() => void) | null }): ReactNode {
  return (
    <div className="blocked" role="status">
      <span>{text}</span>
      {unblock !== null && (
        <button type="button" onClick={unblock}>
          {t('blocked.unblock')}
        </button>
      )}
    </div>
  );
}

/**
 * Says that the kill switch of this connection holds all traffic back although there is no tunnel, and lets the person
 * end that.
 */
export function Blocked({ name }: { readonly name: string }): ReactNode {
  const state = useApp(({ statuses }) => (statuses[name]?.trafficBlocked === true ? statuses[name].state : null));
  if (state === null) return null;
  // While it connects, Disconnect ends the attempt and leaves the traffic blocked.
  return <Notice text={t('blocked.text')} unblock={state === 'Disconnected' ? () => actions.disconnect(name) : null} />;
}

/** Whichever connection's kill switch it is, also of one that is not in the list any more: at most one is in force. */
export function PanelBlocked(): ReactNode {
  const name = useApp(
    ({ statuses }) => Object.values(statuses).find(({ trafficBlocked }) => trafficBlocked === true)?.connection ?? null,
  );
  const state = useApp(({ statuses }) => (name === null ? null : (statuses[name]?.state ?? null)));
  const stray = useApp(({ strayKillSwitch }) => strayKillSwitch);
  if (name !== null)
    return (
      <Notice
        text={t('blocked.named', { name })}
        unblock={state === 'Disconnected' ? () => actions.disconnect(name) : null}
      />
    );
  return stray ? <Notice text={t('blocked.stray')} unblock={() => void request('liftKillSwitch', null)} /> : null;
}
