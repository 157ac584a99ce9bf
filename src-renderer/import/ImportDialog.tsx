import { useId, useState, type ReactNode } from 'react';
import type { ImportReport } from '../../src-main/api/contract';
import { FolderIcon } from '../icons/icons';
import { request } from '../store';
import { importLineText, safeText, t, tOr, type TextKey } from '../../src-text';
import { WindowFrame } from '../widgets/WindowFrame';

interface ImportDialogProps {
  readonly fileName: string;
  readonly report: ImportReport;
  readonly onClose: () => void;
}

/** What was understood, ignored and missing, before anything is saved. */
export function ImportDialog({ fileName, report, onClose }: ImportDialogProps): ReactNode {
  const [name, setName] = useState(report.profileName ?? '');
  const ids = useId();
  const recognised = t('import.recognised', { format: tOr(`import.format.${report.format}`, report.format) });
  const save = async (): Promise<void> => {
    if ((await request('commitImport', { token: report.token, name })).ok) onClose();
  };
  return (
    <WindowFrame
      id={`import:${report.token}`}
      title={t('import.title', { file: fileName })}
      icon={<FolderIcon />}
      width={560}
      height={430}
      onClose={onClose}
    >
      <div className="dialog-body white">
        <h3 className="instruction-main">{recognised}</h3>
        {report.acceptable ? <p>{t('import.nothing-saved')}</p> : <p role="alert">{t('import.not-acceptable')}</p>}
        {report.replaces && name === report.profileName && <p className="hint">{t('import.replaces')}</p>}
        <div className="list-view import-lines selectable" tabIndex={0} role="region" aria-label={recognised}>
          <table>
            <thead>
              <tr>
                <th scope="col" style={{ width: '34%' }}>
                  {t('import.key')}
                </th>
                <th scope="col" style={{ width: '16%' }}>
                  {t('import.outcome')}
                </th>
                <th scope="col">{t('import.text')}</th>
              </tr>
            </thead>
            <tbody>
              {report.lines.slice(0, 1000).map((line, index) => (
                <tr key={`${index}-${line.key}`} className={`outcome-${line.outcome}`}>
                  <td className="wraps">
                    <bdi>{safeText(line.key, 120)}</bdi>
                  </td>
                  <td>{t(`import.outcome.${line.outcome}` as TextKey)}</td>
                  <td className="wraps">
                    <bdi>{importLineText(line)}</bdi>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
        {report.acceptable && (
          <div className="inline-field">
            <label htmlFor={`${ids}-name`}>{t('import.name')}</label>
            <input
              id={`${ids}-name`}
              type="text"
              maxLength={256}
              value={name}
              onChange={(event) => setName(event.target.value)}
              data-autofocus=""
            />
          </div>
        )}
      </div>
      <div className="dialog-buttons band">
        {report.acceptable && (
          <button type="button" className="default" disabled={name.trim() === ''} onClick={() => void save()}>
            {t('import.save')}
          </button>
        )}
        <button type="button" onClick={onClose}>
          {t(report.acceptable ? 'button.cancel' : 'button.close')}
        </button>
      </div>
    </WindowFrame>
  );
}
