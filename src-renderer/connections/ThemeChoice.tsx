import { useId, type ReactNode } from 'react';
import { chooseTheme } from '../appearance';
import { themes, type Theme } from '../theme-name';
import { useApp } from '../store';
import { t } from '../../src-text';

export function ThemeChoice(): ReactNode {
  const theme = useApp((state) => state.theme);
  const id = useId();
  return (
    <div className="inline-field language">
      <label htmlFor={id}>{t('connections.theme')}</label>
      <select id={id} value={theme} onChange={(event) => chooseTheme(event.target.value as Theme)}>
        {themes.map((each) => (
          <option key={each} value={each}>
            {t(`connections.theme.${each}`)}
          </option>
        ))}
      </select>
    </div>
  );
}
