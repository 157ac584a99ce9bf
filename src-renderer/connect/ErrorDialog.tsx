import type { ReactNode } from 'react';
import type { StatusObject } from '../../src-core/connection/status';
import type { VpnErrorInfo } from '../../src-core/ports/vpn-error';
import { ErrorIcon, VpnIcon, WarningIcon } from '../icons/icons';
import { actions, useApp } from '../store';
import { errorText, failureText, safeText, t } from '../../src-text';
import { useNow } from '../widgets/use-now';
import { WindowFrame } from '../widgets/WindowFrame';

/** The link was there and went away. */
const lost: ReadonlySet<string> = new Set(['LINK_FAILURE', 'SERVER_DISCONNECTED', 'VPN_DISCONNECT']);

/**
 * Failed connect, or a link lost for good: code, plain sentence, Redial with its countdown. The service redials; Close
 * calls that off.
 */
export function ErrorDialog({
  status,
  error,
}: {
  readonly status: StatusObject;
  readonly error: VpnErrorInfo;
}): ReactNode {
  const name = status.connection;
  const redial = status.redial ?? null;
  const now = useNow(250, redial !== null);
  const left = redial === null ? 0 : Math.max(0, Math.ceil((Date.parse(redial.at) - now) / 1000));

  const wasUp = lost.has(error.symbol);
  const heading = wasUp
    ? t(redial !== null ? 'error.reconnect-pending' : 'error.link-failed', { name })
    : t('error.server', { server: status.server });
  return (
    <WindowFrame
      id={`error:${name}`}
      placeKey={`connect:${name}`}
      title={wasUp ? t('error.lost-title', { name }) : t('error.title', { name })}
      icon={<VpnIcon />}
      width={400}
      onClose={() => actions.dismiss(name)}
    >
      <div className="dialog-body white">
        <div className="message selectable" role="alert">
          {wasUp ? <WarningIcon /> : <ErrorIcon />}
          <h3 className="instruction-main">{heading}</h3>
          <p>
            {t('error.line', { code: String(error.code), message: errorText(error, { name, server: status.server }) })}
          </p>
          {error.detail !== null && (
            <p className="soft">
              {t('error.detail')} <bdi lang="en">{safeText(error.detail, 600)}</bdi>
            </p>
          )}
          {error.ikeNotify !== null && <p className="soft">{t('error.notify', { notify: error.ikeNotify })}</p>}
          {redial !== null && (
            <p className="soft">{t('error.attempt', { attempt: redial.attempt, attempts: redial.attempts })}</p>
          )}
        </div>
      </div>
      <div className="dialog-buttons band">
        <button type="button" className="default" data-autofocus="" onClick={() => actions.connect(name)}>
          {redial !== null ? t('button.redial-countdown', { seconds: left }) : t('button.redial')}
        </button>
        <button type="button" onClick={() => actions.open({ kind: 'diagnosis', name })}>
          {t('button.diagnose')}
        </button>
        <button type="button" onClick={() => actions.dismiss(name)}>
          {t('button.close')}
        </button>
      </div>
    </WindowFrame>
  );
}

/** A request that the service refused. */
export function FailureDialog(): ReactNode {
  const failure = useApp((state) => state.failure);
  if (failure === null) return null;
  return (
    <WindowFrame id="failure" title={t('app.name')} icon={<VpnIcon />} width={380} onClose={actions.clearFailure}>
      <div className="dialog-body white">
        <div className="message selectable" role="alert">
          <WarningIcon />
          <h3 className="instruction-main">{t('error.request-failed')}</h3>
          <p>{failureText(failure)}</p>
        </div>
      </div>
      <div className="dialog-buttons band">
        <button type="button" className="default" data-autofocus="" onClick={actions.clearFailure}>
          {t('button.ok')}
        </button>
      </div>
    </WindowFrame>
  );
}
