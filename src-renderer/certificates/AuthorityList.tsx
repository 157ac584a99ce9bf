import { useEffect, useId, useRef, useState, type KeyboardEvent, type ReactNode } from 'react';
import { safeText, t } from '../../src-text';
import { addedAuthority, readAuthorities, type Authority } from './authorities';
import { CertificateDialog } from './CertificateDialog';

interface AuthorityListProps {
  readonly label: string;
  readonly authorities: readonly string[];
  /** What an empty list means. */
  readonly whenEmpty: string;
  readonly disabled?: boolean;
  readonly onChange: (authorities: readonly string[]) => void;
}

const nameOf = ({ certificate }: Authority): string =>
  certificate === null ? t('certificate.unreadable') : (certificate.commonName ?? certificate.subject);

/** `Trusted Root Certification Authorities`: those of the connection, with Add, Remove and View Certificate. */
export function AuthorityList({
  label,
  authorities,
  whenEmpty,
  disabled = false,
  onChange,
}: AuthorityListProps): ReactNode {
  const [read, setRead] = useState<readonly Authority[]>([]);
  const [selected, setSelected] = useState(0);
  const [viewing, setViewing] = useState(false);
  const chooser = useRef<HTMLInputElement>(null);
  const ids = useId();
  useEffect(() => {
    let current = true;
    void readAuthorities(authorities).then((list) => current && setRead(list));
    return () => {
      current = false;
    };
  }, [authorities]);
  const shown =
    read.length === authorities.length ? read : authorities.map((text): Authority => ({ text, certificate: null }));
  const certificate = shown[selected]?.certificate ?? null;
  const add = async (file: File | undefined): Promise<void> => {
    const added = file === undefined ? null : await addedAuthority(file);
    if (added !== null && !authorities.includes(added.text)) onChange([...authorities, added.text]);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const by = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (by === 0) return;
    event.preventDefault();
    setSelected(Math.max(0, Math.min(shown.length - 1, selected + by)));
  };
  return (
    <div className="authorities">
      <div id={`${ids}-label`}>{label}</div>
      <div
        className="list-box"
        role={shown.length === 0 ? 'group' : 'listbox'}
        tabIndex={disabled ? -1 : 0}
        aria-labelledby={`${ids}-label`}
        aria-activedescendant={shown.length === 0 ? undefined : `${ids}-${selected}`}
        onKeyDown={onKeyDown}
      >
        {shown.map((authority, index) => (
          <div
            key={authority.text}
            id={`${ids}-${index}`}
            role="option"
            aria-selected={index === selected}
            onClick={() => setSelected(index)}
          >
            <bdi>{safeText(nameOf(authority), 80)}</bdi>
          </div>
        ))}
        {shown.length === 0 && <p className="panel-empty">{whenEmpty}</p>}
      </div>
      <div className="button-line">
        <button type="button" disabled={disabled} onClick={() => chooser.current?.click()}>
          {t('certificate.add')}
        </button>
        <button
          type="button"
          disabled={disabled || shown.length === 0}
          onClick={() => {
            onChange(authorities.filter((_, index) => index !== selected));
            setSelected(0);
          }}
        >
          {t('button.remove')}
        </button>
        <button type="button" disabled={certificate === null} onClick={() => setViewing(true)}>
          {t('certificate.view')}
        </button>
        <input
          ref={chooser}
          type="file"
          className="visually-hidden"
          tabIndex={-1}
          aria-label={t('certificate.add')}
          accept=".pem,.crt,.cer,.der"
          onChange={(event) => void add(event.target.files?.[0]).then(() => (event.target.value = ''))}
        />
      </div>
      {viewing && certificate !== null && (
        <CertificateDialog certificate={certificate} onClose={() => setViewing(false)} />
      )}
    </div>
  );
}
