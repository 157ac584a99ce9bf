import { useId, type ReactNode } from 'react';
import { t, type TextKey } from '../../src-text';

interface CheckProps {
  readonly label: TextKey;
  readonly checked: boolean;
  readonly disabled?: boolean;
  readonly onChange: (checked: boolean) => void;
}

export function Check({ label, checked, disabled = false, onChange }: CheckProps): ReactNode {
  const id = useId();
  return (
    <div>
      <input
        id={id}
        type="checkbox"
        checked={checked}
        disabled={disabled}
        onChange={(event) => onChange(event.target.checked)}
      />
      <label htmlFor={id}>{t(label)}</label>
    </div>
  );
}

interface NumberFieldProps {
  readonly label: TextKey;
  readonly value: number;
  readonly most?: number;
  readonly onChange: (value: number) => void;
}

export function NumberField({ label, value, most = 86_400, onChange }: NumberFieldProps): ReactNode {
  const id = useId();
  return (
    <div className="inline-field">
      <label htmlFor={id}>{t(label)}</label>
      <input
        id={id}
        type="number"
        min={0}
        max={most}
        value={value}
        onChange={(event) => event.target.value !== '' && onChange(Number(event.target.value))}
      />
    </div>
  );
}

interface TextFieldProps {
  readonly label: TextKey;
  readonly value: string | null;
  readonly placeholder?: TextKey;
  readonly onChange: (value: string | null) => void;
}

/** One line; empty is null. */
export function TextField({ label, value, placeholder, onChange }: TextFieldProps): ReactNode {
  const id = useId();
  return (
    <div className="inline-field">
      <label htmlFor={id}>{t(label)}</label>
      <input
        id={id}
        type="text"
        spellCheck={false}
        maxLength={1024}
        value={value ?? ''}
        placeholder={placeholder === undefined ? undefined : t(placeholder)}
        onChange={(event) => onChange(event.target.value === '' ? null : event.target.value)}
      />
    </div>
  );
}
