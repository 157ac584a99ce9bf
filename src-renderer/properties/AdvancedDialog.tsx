import { useId, useState, type KeyboardEvent, type ReactNode } from 'react';
import type { Profile } from '../../src-core/profiles/profile';
import { VpnIcon } from '../icons/icons';
import { useApp } from '../store';
import { safeText, t } from '../../src-text';
import { formatSpan } from '../../src-text/time';
import { Tabs } from '../widgets/Tabs';
import { WindowFrame } from '../widgets/WindowFrame';
import { adapterOrder, change, moved, outageChoices } from './draft';

interface OrderProps {
  readonly order: readonly string[];
  readonly disabled: boolean;
  readonly onChange: (order: readonly string[]) => void;
}

/** Preferred first. Moved by dragging, by the buttons, or with Alt and the arrow keys. */
function AdapterOrder({ order, disabled, onChange }: OrderProps): ReactNode {
  const adapters = useApp((state) => state.adapters);
  const [selected, setSelected] = useState(0);
  const [dragged, setDragged] = useState<number | null>(null);
  const ids = useId();
  const label = (name: string): string =>
    safeText(adapters.find((adapter) => adapter.name === name)?.label ?? name, 64);
  const move = (by: number): void => {
    const target = selected + by;
    if (target < 0 || target >= order.length) return;
    onChange(moved(order, selected, by));
    setSelected(target);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const by = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (by === 0 || disabled) return;
    event.preventDefault();
    if (event.altKey) move(by);
    else setSelected(Math.max(0, Math.min(order.length - 1, selected + by)));
  };
  return (
    <div className="adapter-order">
      <div id={`${ids}-label`}>{t('advanced.adapter-order')}</div>
      <div
        className="list-box"
        role="listbox"
        tabIndex={disabled ? -1 : 0}
        aria-labelledby={`${ids}-label`}
        aria-disabled={disabled}
        aria-activedescendant={order.length > 0 ? `${ids}-${selected}` : undefined}
        onKeyDown={onKeyDown}
      >
        {order.map((name, index) => (
          <div
            key={name}
            id={`${ids}-${index}`}
            role="option"
            aria-selected={index === selected}
            draggable={!disabled}
            onClick={() => setSelected(index)}
            onDragStart={() => setDragged(index)}
            onDragOver={(event) => dragged !== null && event.preventDefault()}
            onDrop={(event) => {
              event.preventDefault();
              if (dragged === null) return;
              onChange(moved(order, dragged, index - dragged));
              setSelected(index);
              setDragged(null);
            }}
          >
            {label(name)}
          </div>
        ))}
      </div>
      <div className="side-buttons">
        <button type="button" disabled={disabled || selected === 0} onClick={() => move(-1)}>
          {t('button.move-up')}
        </button>
        <button type="button" disabled={disabled || selected >= order.length - 1} onClick={() => move(1)}>
          {t('button.move-down')}
        </button>
      </div>
    </div>
  );
}

interface AdvancedDialogProps {
  readonly profile: Profile;
  readonly onAccept: (profile: Profile) => void;
  readonly onClose: () => void;
}

/**
 * `Advanced Properties` with the IKEv2 tab: Mobility, Network outage time, and the order of adapters that Windows had
 * no place for.
 */
export function AdvancedDialog({ profile, onAccept, onClose }: AdvancedDialogProps): ReactNode {
  const adapters = useApp((state) => state.adapters);
  const [draft, setDraft] = useState(profile);
  const ids = useId();
  const { mobility } = draft;
  const set = (values: Partial<Profile['mobility']>): void => setDraft(change(draft, 'mobility', values));
  const demo = useApp((state) => state.demo);
  const order = adapterOrder(
    draft,
    adapters,
    demo?.map(({ name }) => name),
  );
  const content = (
    <div className="form-page">
      <div>
        <input
          id={`${ids}-mobility`}
          type="checkbox"
          checked={mobility.enabled}
          onChange={(event) => set({ enabled: event.target.checked })}
        />
        <label htmlFor={`${ids}-mobility`}>{t('advanced.mobility')}</label>
      </div>
      <p className="soft dependent">{t('advanced.mobility-text')}</p>
      <div className="inline-field dependent">
        <label htmlFor={`${ids}-outage`}>{t('advanced.outage')}</label>
        <select
          id={`${ids}-outage`}
          disabled={!mobility.enabled}
          value={mobility.outageSeconds}
          onChange={(event) => set({ outageSeconds: Number(event.target.value) })}
        >
          {outageChoices(mobility.outageSeconds).map((seconds) => (
            <option key={seconds} value={seconds}>
              {formatSpan(seconds)}
            </option>
          ))}
        </select>
      </div>
      <AdapterOrder
        order={order}
        disabled={!mobility.enabled}
        onChange={(adapterNames) => set({ adapterOrder: adapterNames })}
      />
      <div>
        <input
          id={`${ids}-return`}
          type="checkbox"
          disabled={!mobility.enabled}
          checked={mobility.returnToPreferred}
          onChange={(event) => set({ returnToPreferred: event.target.checked })}
        />
        <label htmlFor={`${ids}-return`}>{t('advanced.return')}</label>
      </div>
    </div>
  );
  return (
    <WindowFrame
      id={`advanced:${profile.name}`}
      title={t('advanced.title')}
      icon={<VpnIcon />}
      width={363}
      height={420}
      onClose={onClose}
    >
      <Tabs tabs={[{ key: 'ikev2', label: t('advanced.tab.ikev2'), content }]} />
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
