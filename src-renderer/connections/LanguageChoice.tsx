import { useId, type ReactNode } from 'react';
import { chooseLanguage, useApp } from '../store';
import { languages, t } from '../../src-text';

/** The language of this user interface, kept in the browser's or the app's own storage. */
export function LanguageChoice(): ReactNode {
  const language = useApp((state) => state.language);
  const id = useId();
  return (
    <div className="inline-field language">
      <label htmlFor={id}>{t('connections.language')}</label>
      <select id={id} value={language} onChange={(event) => chooseLanguage(event.target.value)}>
        {Object.entries(languages).map(([code, name]) => (
          <option key={code} value={code} lang={code}>
            {name}
          </option>
        ))}
      </select>
    </div>
  );
}
