import { useId, useState, type SyntheticEvent, type ReactNode } from 'react';
import type { AuthenticationMethod } from '../../src-core/profiles/profile';
import { VpnIcon } from '../icons/icons';
import { request, useApp } from '../store';
import { t, type TextKey } from '../../src-text';
import { readCertificateFile, toBase64 } from '../widgets/save-file';
import { WindowFrame } from '../widgets/WindowFrame';
import { methodsWithCertificate, methodsWithUser, profileFile, type NewConnection } from './new-connection';

const methods: readonly AuthenticationMethod[] = [
  'eap-mschapv2',
  'machine-certificate',
  'psk',
  'eap-tls',
  'peap-mschapv2',
  'peap-tls',
  'eap-ttls',
];
const methodText = (method: AuthenticationMethod): string =>
  t(
    method === 'machine-certificate'
      ? 'properties.use-machine'
      : method === 'psk'
        ? 'properties.use-psk'
        : (`properties.eap.${method}` as TextKey),
  );

interface FileFieldProps {
  readonly label: string;
  readonly onContent: (content: string) => void;
}

function FileField({ label, onContent }: FileFieldProps): ReactNode {
  const id = useId();
  return (
    <>
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        type="file"
        accept=".pem,.crt,.cer,.der,.p12,.pfx"
        onChange={(event) => void readCertificateFile(event.target.files?.[0]).then(onContent)}
      />
    </>
  );
}

/** Sets up a connection from the few things that must be known. */
export function NewConnectionDialog({ onClose }: { readonly onClose: () => void }): ReactNode {
  const [draft, setDraft] = useState<NewConnection>({
    name: '',
    server: '',
    method: 'eap-mschapv2',
    username: '',
    authority: '',
    certificate: '',
  });
  const taken = useApp((state) =>
    state.profiles.some((profile) => profile.name.toLowerCase() === draft.name.trim().toLowerCase()),
  );
  const ids = useId();
  const set = (values: Partial<NewConnection>): void => setDraft((before) => ({ ...before, ...values }));
  const complete = draft.name.trim() !== '' && draft.server.trim() !== '' && !taken;

  const submit = async (event: SyntheticEvent): Promise<void> => {
    event.preventDefault();
    if (!complete) return;
    const contentBase64 = toBase64(new TextEncoder().encode(profileFile(draft)));
    const inspected = await request('inspectImport', { fileName: `${draft.name}.agilevpn.json`, contentBase64 });
    if (!inspected.ok) return;
    const wrong = inspected.value.lines.find((line) => line.outcome === 'wrong');
    if (!inspected.value.acceptable) {
      useApp.setState({
        failure: {
          code: 'invalid-argument',
          message: wrong === undefined ? t('import.not-acceptable') : `${wrong.key}: ${wrong.text}`,
          field: wrong?.key ?? null,
        },
      });
      return;
    }
    if ((await request('commitImport', { token: inspected.value.token, name: draft.name.trim() })).ok) onClose();
  };

  return (
    <WindowFrame id="new-connection" title={t('new.title')} icon={<VpnIcon />} width={460} onClose={onClose}>
      <form onSubmit={(event) => void submit(event)}>
        <div className="dialog-body white">
          <h3 className="instruction-main">{t('new.heading')}</h3>
          <div className="field new-connection">
            <label htmlFor={`${ids}-server`}>{t('new.server')}</label>
            <input
              id={`${ids}-server`}
              type="text"
              spellCheck={false}
              maxLength={256}
              value={draft.server}
              onChange={(event) => set({ server: event.target.value })}
              data-autofocus=""
            />
            <label htmlFor={`${ids}-name`}>{t('new.name')}</label>
            <input
              id={`${ids}-name`}
              type="text"
              maxLength={256}
              value={draft.name}
              onChange={(event) => set({ name: event.target.value })}
            />
            <label htmlFor={`${ids}-method`}>{t('new.method')}</label>
            <select
              id={`${ids}-method`}
              value={draft.method}
              onChange={(event) => set({ method: event.target.value as AuthenticationMethod })}
            >
              {methods.map((method) => (
                <option key={method} value={method}>
                  {methodText(method)}
                </option>
              ))}
            </select>
            {methodsWithUser.has(draft.method) && (
              <>
                <label htmlFor={`${ids}-user`}>{t('connect.user-name')}</label>
                <input
                  id={`${ids}-user`}
                  type="text"
                  spellCheck={false}
                  maxLength={256}
                  value={draft.username}
                  onChange={(event) => set({ username: event.target.value })}
                />
              </>
            )}
            {methodsWithCertificate.has(draft.method) && (
              <FileField label={t('new.certificate')} onContent={(certificate) => set({ certificate })} />
            )}
            <FileField label={t('new.authority')} onContent={(authority) => set({ authority })} />
          </div>
          {taken && draft.name.trim() !== '' && <p className="hint">{t('new.taken')}</p>}
        </div>
        <div className="dialog-buttons band">
          <button type="submit" className="default" disabled={!complete}>
            {t('new.create')}
          </button>
          <button type="button" onClick={onClose}>
            {t('button.cancel')}
          </button>
        </div>
      </form>
    </WindowFrame>
  );
}
