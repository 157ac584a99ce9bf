import { useState, type ReactNode } from 'react';
import type { Profile } from '../../src-core/profiles/profile';
import { VpnIcon } from '../icons/icons';
import { t } from '../../src-text';
import { Check, NumberField } from '../widgets/fields';
import { WindowFrame } from '../widgets/WindowFrame';
import { change } from './draft';

interface IkeSettingsDialogProps {
  readonly profile: Profile;
  readonly onAccept: (profile: Profile) => void;
  readonly onClose: () => void;
}

/** `IKE Settings`: how the exchanges themselves are made. */
export function IkeSettingsDialog({ profile, onAccept, onClose }: IkeSettingsDialogProps): ReactNode {
  const [draft, setDraft] = useState(profile);
  const { advanced } = draft;
  const set = (values: Partial<Profile['advanced']>): void => setDraft(change(draft, 'advanced', values));
  return (
    <WindowFrame id={`ike:${profile.name}`} title={t('ike.title')} icon={<VpnIcon />} width={363} onClose={onClose}>
      <div className="dialog-body form-page">
        <Check
          label="properties.fragmentation"
          checked={advanced.fragmentation}
          onChange={(fragmentation) => set({ fragmentation })}
        />
        <Check
          label="properties.legacy-windows"
          checked={advanced.legacyWindows}
          onChange={(legacyWindows) => set({ legacyWindows })}
        />
        <NumberField
          label="properties.nat-keepalive"
          value={advanced.natKeepaliveSeconds}
          onChange={(natKeepaliveSeconds) => set({ natKeepaliveSeconds })}
        />
        <NumberField
          label="properties.dpd"
          value={advanced.dpdSeconds}
          onChange={(dpdSeconds) => set({ dpdSeconds })}
        />
      </div>
      <div className="dialog-buttons">
        <button
          type="button"
          className="default"
          onClick={() => {
            onAccept(draft);
            onClose();
          }}
        >
          {t('button.ok')}
        </button>
        <button type="button" onClick={onClose}>
          {t('button.cancel')}
        </button>
      </div>
    </WindowFrame>
  );
}
