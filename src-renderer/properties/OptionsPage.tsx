import { useId, type ReactNode } from 'react';
import type { Profile } from '../../src-core/profiles/profile';
import { t, type TextKey } from '../../src-text';
import { formatSpan } from '../../src-text/time';
import { Check, NumberField } from '../widgets/fields';
import { change, idleChoices, redialChoices } from './draft';

interface OptionsPageProps {
  readonly draft: Profile;
  readonly onChange: (profile: Profile) => void;
  readonly onIkeSettings: () => void;
}

interface SpanFieldProps {
  readonly label: TextKey;
  /** Seconds; null: never. */
  readonly value: number | null;
  readonly choices: readonly (number | null)[];
  readonly disabled?: boolean;
  readonly onChange: (value: number | null) => void;
}

function SpanField({ label, value, choices, disabled = false, onChange }: SpanFieldProps): ReactNode {
  const id = useId();
  return (
    <div className="inline-field">
      <label htmlFor={id}>{t(label)}</label>
      <select
        id={id}
        disabled={disabled}
        value={String(value)}
        onChange={(event) => onChange(event.target.value === 'null' ? null : Number(event.target.value))}
      >
        {choices.map((seconds) => (
          <option key={String(seconds)} value={String(seconds)}>
            {seconds === null ? t('time.never') : formatSpan(seconds)}
          </option>
        ))}
      </select>
    </div>
  );
}

/** windows7-ux 3.2. Where Windows has its PPP settings are those of IKE: there is no PPP in an IKEv2 connection. */
export function OptionsPage({ draft, onChange, onIkeSettings }: OptionsPageProps): ReactNode {
  const { dialing } = draft;
  const set = (values: Partial<Profile['dialing']>): void => onChange(change(draft, 'dialing', values));
  return (
    <div className="form-page">
      <fieldset>
        <legend>{t('properties.dialing-options')}</legend>
        <Check
          label="properties.show-progress"
          checked={dialing.showProgress}
          onChange={(showProgress) => set({ showProgress })}
        />
        <Check
          label="properties.prompt"
          checked={dialing.promptForCredentials}
          onChange={(promptForCredentials) => set({ promptForCredentials })}
        />
        <Check
          label="properties.include-domain"
          checked={dialing.includeDomain}
          onChange={(includeDomain) => set({ includeDomain })}
        />
      </fieldset>
      <fieldset>
        <legend>{t('properties.redialing-options')}</legend>
        <NumberField
          label="properties.redial-attempts"
          value={dialing.redialAttempts}
          most={999}
          onChange={(redialAttempts) => set({ redialAttempts })}
        />
        <SpanField
          label="properties.redial-time"
          value={dialing.redialSeconds}
          choices={redialChoices(dialing.redialSeconds)}
          disabled={dialing.redialAttempts === 0}
          onChange={(seconds) => set({ redialSeconds: seconds ?? dialing.redialSeconds })}
        />
        <SpanField
          label="properties.idle-time"
          value={dialing.idleSeconds}
          choices={idleChoices(dialing.idleSeconds)}
          onChange={(idleSeconds) => set({ idleSeconds })}
        />
        <Check
          label="properties.redial-dropped"
          checked={dialing.redialOnLinkFailure}
          disabled={dialing.redialAttempts === 0}
          onChange={(redialOnLinkFailure) => set({ redialOnLinkFailure })}
        />
      </fieldset>
      <div className="to-right">
        <button type="button" onClick={onIkeSettings}>
          {t('properties.ike-settings')}
        </button>
      </div>
    </div>
  );
}
