import { useRef, useState, type DragEvent, type ReactNode } from 'react';
import type { ImportReport } from '../../src-main/api/contract';
import { ExportDialog } from '../export/ExportDialog';
import { FolderIcon, VpnIcon, WarningIcon } from '../icons/icons';
import { ImportDialog } from '../import/ImportDialog';
import { actions, request, useApp } from '../store';
import { safeText, t } from '../../src-text';
import { isActive, isUp, stateText } from '../views';
import { toBase64 } from '../widgets/save-file';
import { UserText } from '../widgets/UserText';
import { WindowFrame } from '../widgets/WindowFrame';
import { LanguageChoice } from './LanguageChoice';
import { ThemeChoice } from './ThemeChoice';
import { NewConnectionDialog } from './NewConnectionDialog';

/** The contract takes at most 1 MiB. */
const largestFile = 1024 * 1024;

interface Inspected {
  readonly fileName: string;
  readonly report: ImportReport;
}

/** Reads a dropped or chosen file and asks the service what it is. The content decides, not the name. */
async function inspect(file: File): Promise<Inspected | null> {
  if (file.size > largestFile) {
    useApp.setState({ failure: { code: 'refused', message: t('import.too-large'), field: null } });
    return null;
  }
  const contentBase64 = toBase64(new Uint8Array(await file.arrayBuffer()));
  const result = await request('inspectImport', { fileName: file.name, contentBase64 });
  return result.ok ? { fileName: file.name, report: result.value } : null;
}

interface RemoveProps {
  readonly name: string;
  readonly onClose: () => void;
}

function RemoveQuestion({ name, onClose }: RemoveProps): ReactNode {
  return (
    <WindowFrame id={`remove:${name}`} title={t('button.remove')} icon={<VpnIcon />} width={380} onClose={onClose}>
      <div className="dialog-body white">
        <div className="message" role="alert">
          <WarningIcon />
          <p className="first">{t('connections.remove-question', { name })}</p>
        </div>
      </div>
      <div className="dialog-buttons band">
        <button
          type="button"
          onClick={() => {
            void request('removeProfile', { name });
            onClose();
          }}
        >
          {t('button.remove')}
        </button>
        <button type="button" className="default" data-autofocus="" onClick={onClose}>
          {t('button.cancel')}
        </button>
      </div>
    </WindowFrame>
  );
}

/** All connections: connect, change, import by drop, export. */
export function ConnectionsWindow({ hidden }: { readonly hidden: boolean }): ReactNode {
  const profiles = useApp((state) => state.profiles);
  const statuses = useApp((state) => state.statuses);
  const [selected, setSelected] = useState<string | null>(null);
  const [inspected, setInspected] = useState<Inspected | null>(null);
  const [removing, setRemoving] = useState<string | null>(null);
  const [exporting, setExporting] = useState<string | null>(null);
  const [creating, setCreating] = useState(false);
  const [over, setOver] = useState(false);
  const chooser = useRef<HTMLInputElement>(null);
  const status = selected === null ? undefined : statuses[selected];
  const offered = useApp((state) => state.offeredImports[0]);
  const close = (): void => actions.close('connections');

  const take = async (files: FileList | null): Promise<void> => {
    const file = files?.[0];
    if (file !== undefined) setInspected(await inspect(file));
  };
  const onDrop = (event: DragEvent): void => {
    event.preventDefault();
    setOver(false);
    void take(event.dataTransfer.files);
  };

  return (
    <>
      <WindowFrame
        id="connections"
        title={t('connections.title')}
        icon={<FolderIcon />}
        width={620}
        height={420}
        hidden={hidden}
        onClose={close}
        onMinimize={() => actions.minimize('connections')}
      >
        <div className="command-bar" role="toolbar" aria-label={t('connections.title')}>
          <button type="button" className="bare" onClick={() => setCreating(true)}>
            {t('connections.new')}
          </button>
          <button type="button" className="bare" onClick={() => chooser.current?.click()}>
            {t('connections.import')}
          </button>
          {status !== undefined && (
            <>
              <button
                type="button"
                className="bare"
                onClick={() =>
                  isActive(status.state) ? actions.disconnect(status.connection) : actions.connect(status.connection)
                }
              >
                {t(isActive(status.state) ? 'button.disconnect' : 'button.connect')}
              </button>
              {isUp(status.state) && (
                <button
                  type="button"
                  className="bare"
                  onClick={() => actions.open({ kind: 'status', name: status.connection })}
                >
                  {t('panel.status')}
                </button>
              )}
              <button
                type="button"
                className="bare"
                onClick={() => actions.open({ kind: 'properties', name: status.connection })}
              >
                {t('button.properties')}
              </button>
              <button type="button" className="bare" onClick={() => setExporting(status.connection)}>
                {t('connections.export')}
              </button>
              <button type="button" className="bare" onClick={() => setRemoving(status.connection)}>
                {t('button.remove')}
              </button>
            </>
          )}
          <input
            ref={chooser}
            type="file"
            className="visually-hidden"
            tabIndex={-1}
            aria-label={t('connections.import')}
            onChange={(event) => void take(event.target.files).then(() => (event.target.value = ''))}
          />
        </div>
        <div
          className={over ? 'connections over' : 'connections'}
          onDragOver={(event) => {
            event.preventDefault();
            setOver(true);
          }}
          onDragLeave={() => setOver(false)}
          onDrop={onDrop}
        >
          <h3 className="instruction-main">{t('connections.heading')}</h3>
          {profiles.length === 0 && <p>{t('connections.empty')}</p>}
          <div className="tiles" role="group" aria-label={t('connections.list')}>
            {profiles.map(({ name, server }) => (
              <button
                key={name}
                type="button"
                className="bare tile"
                aria-pressed={selected === name}
                onClick={() => setSelected(name)}
                onDoubleClick={() => actions.open({ kind: 'properties', name })}
              >
                <VpnIcon size={40} />
                <span className="tile-text">
                  <UserText text={name} max={80} />
                  <span className="soft">{stateText(statuses[name]?.state ?? 'Disconnected')}</span>
                  <span className="soft">{safeText(server, 80)}</span>
                </span>
              </button>
            ))}
          </div>
          <div className="drop-hint">
            <p className="soft">{t('connections.drop')}</p>
            <ThemeChoice />
            <LanguageChoice />
          </div>
        </div>
      </WindowFrame>
      {creating && <NewConnectionDialog onClose={() => setCreating(false)} />}
      {inspected !== null && (
        <ImportDialog fileName={inspected.fileName} report={inspected.report} onClose={() => setInspected(null)} />
      )}
      {offered !== undefined && (
        <ImportDialog
          key={offered.report.token}
          fileName={offered.fileName}
          report={offered.report}
          onClose={() => void request('dismissImport', { token: offered.report.token })}
        />
      )}
      {exporting !== null && <ExportDialog name={exporting} onClose={() => setExporting(null)} />}
      {removing !== null && <RemoveQuestion name={removing} onClose={() => setRemoving(null)} />}
    </>
  );
}
