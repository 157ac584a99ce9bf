import { compiled } from './compiled';
import { keptPki } from './pki';
import { removeAbandoned } from './topology';

/** What all labs of a run share is made once, before several of them start side by side. */
export default async function beforeAll(): Promise<void> {
  await removeAbandoned();
  await Promise.all([keptPki(), compiled('pinger'), compiled('bound-attempts')]);
}
