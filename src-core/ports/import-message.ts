/**
 * What an import says of a key, as data: a sentence by its name and what it fills in. The English sentences are here,
 * because the report of the command line and the log of the service use them; `src-text` has the other languages. Names
 * are part of the contract (`import --json`): they are added to, never renamed.
 */
export const importSentences = {
  // Understood
  taken: 'Taken.',
  'taken-as': 'Taken as {value}.',
  'taken-nearest': 'Taken as {value}, the nearest that is possible.',
  'taken-into': 'Taken as {path}: {value}.',
  'taken-thumbprints':
    'Taken: the authentication server must be vouched for by the authority with the SHA-1 thumbprint {value}. If this computer does not have it, add its certificate in the properties.',
  'peap-inner-guessed':
    'Taken as peap-mschapv2. The file does not say in a form that can be read what goes through the secure channel.',
  'taken-file': 'Taken from the file {file}.',
  'taken-files': 'Taken from the files {files}.',
  'secret-stored': 'Moved into the secret store.',
  // Ignored
  'not-known': 'This key is not known.',
  'not-used': 'Not used here.',
  'windows-logon': 'The Windows logon cannot be used here: the user name and password are asked for.',
  'server-check-kept': 'The file switches the check of the server off. It stays on.',
  'server-name-pattern':
    'The pattern {value} cannot be taken as a name of the authentication server. Write the name itself in the properties.',
  // Missing
  'file-missing': 'The file {file} was not found beside the profile. Choose it.',
  'file-unreadable': 'The file {file} is neither PEM nor DER. Choose another one.',
  'smart-card-choose': 'The certificate is on a smart card. Choose it in the properties.',
  // Wrong
  'eap-method-unknown': 'The EAP method {value} is not supported: 13, 21, 26 and 25 with 13 or 26 inside are.',
  'must-be-text': 'Must be a text.',
} as const;

export type ImportSentence = keyof typeof importSentences;

/** The names in braces of a sentence. */
type Places<Sentence extends string> = Sentence extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Places<Rest>
  : never;

type ValuesOf<Key extends ImportSentence> = Readonly<Record<Places<(typeof importSentences)[Key]>, string>>;

export interface ImportMessage {
  readonly key: ImportSentence;
  /** Never a secret. */
  readonly values: Readonly<Record<string, string>>;
}

/** A sentence with everything filled in that it names. */
export function say<Key extends ImportSentence>(
  ...[key, values]: [Places<(typeof importSentences)[Key]>] extends [never] ? [Key] : [Key, ValuesOf<Key>]
): ImportMessage {
  return { key, values: values ?? {} };
}

export function englishImportText({ key, values }: ImportMessage): string {
  return importSentences[key].replace(/\{(\w+)\}/g, (whole, name: string) =>
    Object.hasOwn(values, name) ? (values[name] as string) : whole,
  );
}
