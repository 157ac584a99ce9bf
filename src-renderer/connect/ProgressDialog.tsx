import type { ReactNode } from 'react';
import type { StatusObject } from '../../src-core/connection/status';
import { VpnIcon } from '../icons/icons';
import { actions, useApp } from '../store';
import { t } from '../../src-text';
import { WindowFrame } from '../widgets/WindowFrame';

/** The status line of each RAS state (windows7-ux section 5). */
function phaseText(status: StatusObject, usesPassword: boolean): string {
  switch (status.phase) {
    case 'authenticating':
      return t(usesPassword ? 'connect.verifying-password' : 'connect.verifying-certificate');
    case 'registering':
      return t('connect.registering');
    default:
      return t('connect.connecting', { server: status.server });
  }
}

/** `Connecting to <name>...` with one status line and Cancel. */
export function ProgressDialog({ status }: { readonly status: StatusObject }): ReactNode {
  const method = useApp(
    (state) => state.profiles.find((profile) => profile.name === status.connection)?.authentication.method,
  );
  const usesPassword = method === undefined || method.includes('mschapv2') || method === 'eap-ttls';
  const cancel = (): void => actions.disconnect(status.connection);
  return (
    <WindowFrame
      id={`progress:${status.connection}`}
      placeKey={`connect:${status.connection}`}
      title={t('connect.progress-title', { name: status.connection })}
      icon={<VpnIcon />}
      width={364}
      onClose={cancel}
    >
      <div className="dialog-body">
        <div className="progress-line">
          <VpnIcon size={32} />
          <p role="status">{phaseText(status, usesPassword)}</p>
        </div>
        <div
          role="progressbar"
          className="marquee"
          aria-label={t('connect.progress-title', { name: status.connection })}
        />
      </div>
      <div className="dialog-buttons">
        <button type="button" onClick={cancel}>
          {t('button.cancel')}
        </button>
      </div>
    </WindowFrame>
  );
}
