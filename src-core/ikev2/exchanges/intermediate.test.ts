import { describe, expect, it, vi } from 'vitest';
import { concat, hexEncode } from '../../bytes';
import { prf } from '../../crypto/prf';
import { certificateLogin, testKey, trusting, TwoEnds, type TwoEndsOptions } from '../../simulation';
import { IntermediateTranscript } from '../sa/intermediate-transcript';
import { intermediateOctets } from '../wire/message';

vi.setConfig({ testTimeout: 60_000 });

const classical = 'aes256gcm16-prfsha256-x25519';
const hybrid = `${classical}-ke1_mlkem768`;

function ends(client: readonly string[], gateway: readonly string[], more: TwoEndsOptions = {}): TwoEnds {
  return new TwoEnds({
    ...more,
    client: { ikeProposals: client, ...more.client },
    gateway: { ikeProposals: gateway, ...more.gateway },
  });
}

/** Exchange types of the protected messages, as they went. */
function exchanges(both: TwoEnds): readonly number[] {
  const seen: number[] = [];
  both.network.tap(({ bytes }) => {
    const type = bytes[4 + 18];
    if (bytes.subarray(0, 4).every((octet) => octet === 0) && type !== undefined) seen.push(type);
  });
  return seen;
}

describe('ML-KEM-768 beside the first key exchange (RFC 9242, RFC 9370; X-15..X-17)', () => {
  it('goes in IKE_INTERMEDIATE, in fragments; traffic, rekeys and liveness follow', async () => {
    const both = ends([hybrid, classical], [hybrid, classical], { conditions: { mtu: 1280 } });
    const seen = exchanges(both);
    await both.connect();
    expect(both.event('established')?.ike.proposal).toBe(hybrid);
    expect(seen.filter((type) => type === 43).length).toBeGreaterThanOrEqual(3);
    expect(seen.indexOf(43)).toBeLessThan(seen.indexOf(35));
    expect(await both.exchangePackets()).toEqual({ up: 1, down: 1 });
    both.client.rekeyIke();
    await both.clock.run(1_000);
    expect(both.event('ike-rekeyed')?.ike.proposal).toBe(classical);
    both.gateway.rekeyIke();
    await both.clock.run(1_000);
    expect(both.events.filter(({ type }) => type === 'ike-rekeyed')).toHaveLength(2);
    expect(await both.exchangePackets()).toEqual({ up: 1, down: 1 });
  });

  it('AUTH covers it with signatures too', async () => {
    const client = testKey('ecdsa-p256', 'client');
    const gateway = testKey('ed25519', 'gateway');
    const both = ends([hybrid], [hybrid], {
      client: { local: certificateLogin(client), peer: trusting(gateway) },
      gateway: {
        signature: certificateLogin(gateway),
        clients: { psk: null, eap: null, certificate: trusting(client) },
      },
    });
    await both.connect();
    expect(both.event('established')?.ike.proposal).toBe(hybrid);
  });

  it('H-43: two ends that saw different IKE_INTERMEDIATE exchanges do not authenticate each other', async () => {
    const seen = vi.spyOn(IntermediateTranscript.prototype, 'value', 'get').mockReturnValueOnce(new Uint8Array(64));
    try {
      await expect(ends([hybrid], [hybrid]).connect()).rejects.toThrow(/not connected/);
    } finally {
      seen.mockRestore();
    }
  });

  it.each([
    ['does not know it', [hybrid, classical], [classical], {}],
    ['sends no fragments', [hybrid, classical], [hybrid, classical], { gateway: { fragmentation: false } }],
    ['gets no fragments', [hybrid, classical], [hybrid, classical], { client: { fragmentation: false } }],
    ['prefers to do without', [hybrid, classical], [classical, hybrid], {}],
  ] as const)('a gateway that %s: the usual key exchange', async (_, client, gateway, more) => {
    const both = ends(client, gateway, more);
    const seen = exchanges(both);
    await both.connect();
    expect(both.event('established')?.ike.proposal).toBe(classical);
    expect(seen).not.toContain(43);
  });

  it('where it is required, a gateway without it is not connected to', async () => {
    await expect(ends([hybrid], [classical]).connect()).rejects.toThrow(/share no encryption settings/);
  });

  it.each([1, 2, 3, 4, 5])('with loss, duplicates and reordering, seed %i', async (seed) => {
    const both = ends([hybrid], [hybrid], {
      seed,
      conditions: { latency: 20, jitter: 10, loss: 0.3, duplicate: 0.2, reorder: 0.3, reorderDelay: 50 },
    });
    await both.connect(undefined, [], 600_000);
    expect(both.event('established')?.ike.proposal).toBe(hybrid);
  });

  it('IntAuth chains both directions apart, each under the keys of its message', () => {
    const keys = [1, 2].map((octet) => ({
      skPi: new Uint8Array(32).fill(octet),
      skPr: new Uint8Array(32).fill(octet + 16),
    })) as [{ skPi: Uint8Array; skPr: Uint8Array }, { skPi: Uint8Array; skPr: Uint8Array }];
    const [first, second] = keys;
    const octets = [3, 4, 5, 6].map((octet) => new Uint8Array(40).fill(octet)) as [
      Uint8Array,
      Uint8Array,
      Uint8Array,
      Uint8Array,
    ];
    const transcript = new IntermediateTranscript('hmac-sha2-256');
    expect(transcript.value).toHaveLength(0);
    transcript.add(true, first, octets[0]);
    transcript.add(false, first, octets[1]);
    transcript.add(true, second, octets[2]);
    transcript.add(false, second, octets[3]);
    const sha = (key: Uint8Array, ...parts: Uint8Array[]): Uint8Array => prf('hmac-sha2-256', key, concat(...parts));
    const initiator = sha(second.skPi, sha(first.skPi, octets[0]), octets[2]);
    const responder = sha(second.skPr, sha(first.skPr, octets[1]), octets[3]);
    expect(transcript.value).toEqual(concat(initiator, responder));
  });

  it('what is authenticated has lengths as if unencrypted and unfragmented (RFC 9242 section 3.3.2)', () => {
    const header = {
      spiInitiator: new Uint8Array(8).fill(0xaa),
      spiResponder: new Uint8Array(8).fill(0xbb),
      exchangeType: 43,
      initiator: true,
      response: false,
      messageId: 1,
    };
    const octets = intermediateOctets(header, 34, Uint8Array.of(0, 0, 0, 4));
    // Next payload 46, version 2.0, exchange 43, flags I, id 1, length 36; next payload 34, length 8; the inner
    // payload.
    expect(hexEncode(octets)).toBe(`${'aa'.repeat(8)}${'bb'.repeat(8)}2e202b08000000010000002422000008${'00000004'}`);
  });
});
