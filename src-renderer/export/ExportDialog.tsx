import { useEffect, useId, useState, type ReactNode } from 'react';
import type { ApiRequests, ExportFormat } from '../../src-main/api/contract';
import { FolderIcon } from '../icons/icons';
import { useApp } from '../store';
import { failureText, safeText, t } from '../../src-text';
import { fromBase64, saveFile } from '../widgets/save-file';
import { WindowFrame } from '../widgets/WindowFrame';

const formats: readonly ExportFormat[] = ['agilevpn', 'sswan', 'mobileconfig', 'rasphone'];
const types: Readonly<Record<ExportFormat, string>> = {
  agilevpn: 'application/json',
  sswan: 'application/json',
  mobileconfig: 'application/xml',
  rasphone: 'text/plain',
};

type Written =
  | { readonly ok: true; readonly file: ApiRequests['exportProfile']['result'] }
  | { readonly ok: false; readonly why: string };

/** A connection as a file: which format, and what that cannot say, before anything is written. */
export function ExportDialog({ name, onClose }: { readonly name: string; readonly onClose: () => void }): ReactNode {
  const client = useApp((state) => state.client);
  const [format, setFormat] = useState<ExportFormat>('agilevpn');
  const [written, setWritten] = useState<Written | null>(null);
  const ids = useId();

  useEffect(() => {
    let current = true;
    // A format that cannot hold the connection is an answer here, not a failure.
    void client?.request('exportProfile', { name, format }).then((result) => {
      if (current)
        setWritten(result.ok ? { ok: true, file: result.value } : { ok: false, why: failureText(result.failure) });
    });
    return () => {
      current = false;
    };
  }, [client, name, format]);

  const save = (): void => {
    if (written?.ok !== true) return;
    saveFile(written.file.fileName, new Blob([fromBase64(written.file.contentBase64)], { type: types[format] }));
    onClose();
  };
  const lost = written?.ok === true ? written.file.notExpressed : [];

  return (
    <WindowFrame
      id={`export:${name}`}
      title={t('export.title', { name })}
      icon={<FolderIcon />}
      width={480}
      onClose={onClose}
    >
      <div className="dialog-body white">
        <div className="inline-field">
          <label htmlFor={`${ids}-format`}>{t('export.format')}</label>
          <select
            id={`${ids}-format`}
            value={format}
            data-autofocus=""
            onChange={(event) => {
              setWritten(null);
              setFormat(event.target.value as ExportFormat);
            }}
          >
            {formats.map((each) => (
              <option key={each} value={each}>
                {t(`import.format.${each}`)}
              </option>
            ))}
          </select>
        </div>
        <p role="status">
          {written === null
            ? t('app.loading')
            : !written.ok
              ? written.why
              : lost.length === 0
                ? t('export.whole')
                : t('export.lost')}
        </p>
        {lost.length > 0 && (
          <div className="list-view import-lines selectable" tabIndex={0} role="region" aria-label={t('export.lost')}>
            <table>
              <thead>
                <tr>
                  <th scope="col" style={{ width: '45%' }}>
                    {t('import.key')}
                  </th>
                  <th scope="col">{t('export.text')}</th>
                </tr>
              </thead>
              <tbody>
                {lost.slice(0, 1000).map((line) => (
                  <tr key={line.key}>
                    <td className="wraps">
                      <bdi>{safeText(line.key, 120)}</bdi>
                    </td>
                    <td className="wraps">
                      <bdi>{safeText(line.text, 300)}</bdi>
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
        <p className="soft">{t('export.no-secrets')}</p>
      </div>
      <div className="dialog-buttons band">
        <button type="button" className="default" disabled={written?.ok !== true} onClick={save}>
          {t('button.save')}
        </button>
        <button type="button" onClick={onClose}>
          {t('button.cancel')}
        </button>
      </div>
    </WindowFrame>
  );
}
