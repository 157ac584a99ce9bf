import type { ImportSentence } from '../src-core/ports/import-message';

/** What an import says of a key, in German. The record is complete by its type. */
export const importDe: Readonly<Record<ImportSentence, string>> = {
  taken: 'Übernommen.',
  'taken-as': 'Übernommen als {value}.',
  'taken-nearest': 'Übernommen als {value}, den nächsten möglichen Wert.',
  'taken-into': 'Übernommen als {path}: {value}.',
  'taken-thumbprints':
    'Übernommen: Für den Authentifizierungsserver muss die Zertifizierungsstelle mit dem SHA-1-Fingerabdruck {value} bürgen. Wenn dieser Computer sie nicht hat, fügen Sie ihr Zertifikat in den Eigenschaften hinzu.',
  'peap-inner-guessed':
    'Übernommen als peap-mschapv2. Die Datei sagt nicht in lesbarer Form, was durch den sicheren Kanal geht.',
  'taken-file': 'Aus der Datei {file} übernommen.',
  'taken-files': 'Aus den Dateien {files} übernommen.',
  'secret-stored': 'In den Schlüsselspeicher verschoben.',
  'not-known': 'Dieser Schlüssel ist nicht bekannt.',
  'not-used': 'Wird hier nicht verwendet.',
  'windows-logon':
    'Die Windows-Anmeldung kann hier nicht verwendet werden: Benutzername und Kennwort werden abgefragt.',
  'server-check-kept': 'Die Datei schaltet die Prüfung des Servers ab. Sie bleibt eingeschaltet.',
  'server-name-pattern':
    'Das Muster {value} kann nicht als Name des Authentifizierungsservers übernommen werden. Tragen Sie den Namen selbst in den Eigenschaften ein.',
  'file-missing': 'Die Datei {file} wurde neben dem Profil nicht gefunden. Wählen Sie sie aus.',
  'file-unreadable': 'Die Datei {file} ist weder PEM noch DER. Wählen Sie eine andere.',
  'smart-card-choose': 'Das Zertifikat ist auf einer Smartcard. Wählen Sie es in den Eigenschaften aus.',
  'eap-method-unknown': 'Die EAP-Methode {value} wird nicht unterstützt, nur 13, 21, 26 und 25 mit 13 oder 26 darin.',
  'must-be-text': 'Muss ein Text sein.',
};
