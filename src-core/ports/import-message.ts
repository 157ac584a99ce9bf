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
  'taken-file': 'Taken from the file {file}.',
  'taken-files': 'Taken from the files {files}.',
  'secret-stored': 'Moved into the secret store.',
  // Ignored
  'not-known': 'This key is not known.',
  'not-used': 'Not used here.',
  // Missing
  'file-missing': 'The file {file} was not found beside the profile. Choose it.',
  'file-unreadable': 'The file {file} is neither PEM nor DER. Choose another one.',
  // Wrong
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
