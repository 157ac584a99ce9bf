import { describe, expect, it } from 'vitest';
import type { TlsEngine, TlsStep } from '../../ports/tls';
import { VpnError } from '../../ports/vpn-error';
import { startFrame } from './framing';
import { TlsTunnel } from './tunnel';

const nothing = new Uint8Array(0);

/** An engine that goes through the given states, one a call. */
function engine(states: readonly TlsStep['state'][]): TlsEngine & { readonly calls: string[] } {
  const calls: string[] = [];
  const left = [...states];
  const step = (call: string): TlsStep => {
    calls.push(call);
    return {
      output: Uint8Array.of(1),
      application: nothing,
      state: left.shift() ?? 'failed',
      error: null,
      alert: null,
    };
  };
  return {
    calls,
    open: () => ({
      receive: () => step('receive'),
      verified: (accept) => step(`verified ${String(accept)}`),
      write: () => step('write'),
      peerCertificates: () => [Uint8Array.of(1)],
      wantedAuthorities: () => [],
      ocspResponses: () => [],
      exportKey: () => new Uint8Array(32),
      version: 'TLSv1.2',
      cipher: '',
      resumed: false,
      resumable: null,
      close: () => void calls.push('close'),
    }),
  };
}

const tunnel = (tls: TlsEngine, judge: () => Promise<void> = () => Promise.resolve()) =>
  new TlsTunnel({ engine: tls, judge, credentials: null, minVersion: '1.2', maxVersion: '1.3', serverName: null });

describe('the judge of the server stands before everything (A-56, H-55)', () => {
  it('opens once the certificates were judged', async () => {
    const tls = engine(['verify', 'handshake', 'open']);
    const client = tunnel(tls);
    expect((await client.receive(startFrame(0))).type).toBe('respond');
    expect((await client.receive(Uint8Array.of(0, 22))).type).toBe('inside');
    expect(tls.calls).toEqual(['receive', 'verified true', 'receive']);
  });

  it('refuses a handshake that came to its end without a certificate', async () => {
    const tls = engine(['handshake', 'open']);
    const client = tunnel(tls);
    await client.receive(startFrame(0));
    expect(await client.receive(Uint8Array.of(0, 22))).toMatchObject({
      type: 'failure',
      error: { detail: expect.stringContaining('no certificate') as string },
    });
    expect(tls.calls.at(-1)).toBe('close');
    expect(client.version).toBeNull();
  });

  it('says nothing more to a server that was judged bad', async () => {
    const tls = engine(['verify', 'open']);
    const client = tunnel(tls, () => Promise.reject(new VpnError('VALIDATING_SERVER_CERT', 'Not this one.')));
    expect(await client.receive(startFrame(0))).toMatchObject({ type: 'failure', error: { code: 801 } });
    expect(tls.calls).toEqual(['receive', 'close']);
    expect((await client.receive(Uint8Array.of(0))).type).toBe('failure');
  });
});
