import type { ReactNode } from 'react';
import { createPortal } from 'react-dom';
import type { CertificateSummary } from '../../src-main/api/contract';
import { VpnIcon } from '../icons/icons';
import { t } from '../../src-text';
import { WindowFrame } from '../widgets/WindowFrame';
import { CertificateFacts } from './CertificateFacts';

/** `View Certificate`. Beside the window it was opened from, not in it: that one may be smaller. */
export function CertificateDialog({
  certificate,
  onClose,
}: {
  readonly certificate: CertificateSummary;
  readonly onClose: () => void;
}): ReactNode {
  return createPortal(
    <WindowFrame
      id={`certificate:${certificate.fingerprintSha256}`}
      title={t('certificate.facts')}
      icon={<VpnIcon />}
      width={440}
      onClose={onClose}
    >
      <div className="dialog-body white">
        <CertificateFacts certificate={certificate} />
      </div>
      <div className="dialog-buttons band">
        <button type="button" className="default" data-autofocus="" onClick={onClose}>
          {t('button.ok')}
        </button>
      </div>
    </WindowFrame>,
    document.querySelector('main') ?? document.body,
  );
}
