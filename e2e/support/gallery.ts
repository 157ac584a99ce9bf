import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { startWebHost } from '../../src-main/web/host';
import { createFakeDemo } from './fake-demo';
import { sampleChoices, sampleNetworks, sampleServerPrompt, sampleToken } from './samples';
import type { Prompt } from '../../src-main/api/contract';
import type { SecretKind, SecretReason } from '../../src-core/ports/secrets';

/**
 * For pictures: a page whose service asks what it is told to, one line of standard input a question. The first line of
 * standard output is
 * its address. Questions that a real server asks seldom would otherwise have no picture.
 */
const root = process.argv[2] ?? process.cwd();
const demo = createFakeDemo();
demo.tokens.push(sampleToken);
const credentials = (kind: SecretKind, reason: SecretReason | null): Prompt => ({
  id: kind,
  type: 'credentials',
  connection: 'Demo',
  kind,
  username: 'alice',
  domain: null,
  reason,
  canSave: kind !== 'pin',
  hasSaved: false,
});
const questions: Readonly<Record<string, Prompt>> = {
  'server-certificate': sampleServerPrompt(),
  'server-certificate-changed': sampleServerPrompt({ problem: 'changed', acceptedBefore: ['5C:31:0F:…'] }),
  'client-certificate': { id: 'client', type: 'client-certificate', connection: 'Demo', choices: sampleChoices },
  pin: credentials('pin', { type: 'pin-incorrect', wrong: 1, most: 3, pinState: 'fine' }),
  passphrase: credentials('passphrase', null),
  psk: credentials('psk', null),
  'change-password': credentials('new-password', null),
};
const host = await startWebHost(demo.service, { port: 0, rendererDirectory: join(root, 'out/renderer') });
process.stdout.write(`${host.url}\n`);
createInterface({ input: process.stdin })
  .on('line', (line) => {
    const question = questions[line];
    if (question !== undefined) demo.ask(question);
    else if (line === 'wireless') demo.push({ type: 'wireless', networks: sampleNetworks });
    else if (line === 'no-wireless') demo.push({ type: 'wireless', networks: null });
    else if (line === 'lost') {
      demo.setStatus('Demo', { state: 'Connecting' });
      demo.setStatus('Demo', {
        state: 'Disconnected',
        redial: { attempt: 1, attempts: 3, at: new Date(Date.now() + 60_000).toISOString() },
        error: {
          code: 829,
          symbol: 'LINK_FAILURE',
          message:
            'The link to Demo failed. It was lost and did not return within 30 minutes. Connect again when the network is back.',
          detail: 'network outage time of 30 minutes used up',
          ikeNotify: null,
          rule: null,
        },
      });
    } else if (line === 'fail') {
      demo.setStatus('Demo', { state: 'Connecting', phase: 'authenticating' });
      demo.setStatus('Demo', {
        state: 'Disconnected',
        phase: null,
        redial: { attempt: 1, attempts: 3, at: new Date(Date.now() + 60_000).toISOString() },
        error: {
          code: 809,
          symbol: 'VPN_TIMEOUT',
          message: 'The server did not answer. UDP ports 500 and 4500 may be blocked on this network.',
          detail: null,
          ikeNotify: null,
          rule: null,
        },
      });
    } else if (line === 'connecting')
      demo.setStatus('Demo', { state: 'Connecting', phase: 'registering', error: null });
    else if (line === 'idle') demo.setStatus('Demo', { state: 'Disconnected', phase: null, error: null });
  })
  .on('close', () => {
    demo.close();
    void host.close();
  });
