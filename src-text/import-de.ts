import type { ImportSentence } from '../src-core/ports/import-message';

/** What an import says of a key, in German. The record is complete by its type. */
export const importDe: Readonly<Record<ImportSentence, string>> = {
  taken: 'Übernommen.',
  'taken-as': 'Übernommen als {value}.',
  'taken-nearest': 'Übernommen als {value}, den nächsten möglichen Wert.',
  'taken-file': 'Aus der Datei {file} übernommen.',
  'taken-files': 'Aus den Dateien {files} übernommen.',
  'secret-stored': 'In den Schlüsselspeicher verschoben.',
  'not-known': 'Dieser Schlüssel ist nicht bekannt.',
  'not-used': 'Wird hier nicht verwendet.',
  'file-missing': 'Die Datei {file} wurde neben dem Profil nicht gefunden. Wählen Sie sie aus.',
  'file-unreadable': 'Die Datei {file} ist weder PEM noch DER. Wählen Sie eine andere.',
  'must-be-text': 'Muss ein Text sein.',
};
