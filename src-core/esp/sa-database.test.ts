import { expect, test } from 'vitest';
import type { EspSa } from '../ports/data-path';
import { SaDatabase, takeSequence } from './sa-database';

function sa(esn: boolean): EspSa {
  return {
    spi: 0x1000,
    suite: { cipher: 'aes-gcm-16', keyBits: 128, integrity: null, esn },
    encryptionKey: new Uint8Array(20),
    integrityKey: new Uint8Array(0),
    localSelectors: [],
    remoteSelectors: [],
  };
}

test.each([
  [false, 0xffff_ffffn],
  [true, 0xffff_ffff_ffff_ffffn],
])('E-5 esn=%s: three quarters are reported once, the last number is used, none after it', (esn, last) => {
  const database = new SaDatabase();
  database.addOutbound(sa(esn));
  const record = database.outbound(0x1000)!;
  const soft = (last / 4n) * 3n;
  record.nextSequence = soft - 1n;
  expect([takeSequence(record), takeSequence(record), takeSequence(record)]).toEqual([
    { sequence: soft - 1n, limit: null },
    { sequence: soft, limit: 'sequence-soft-limit' },
    { sequence: soft + 1n, limit: null },
  ]);
  record.nextSequence = last;
  expect([takeSequence(record), takeSequence(record), takeSequence(record)]).toEqual([
    { sequence: last, limit: null },
    { sequence: null, limit: 'sequence-hard-limit' },
    { sequence: null, limit: null },
  ]);
  expect(record.nextSequence).toBe(last + 1n);
});

test('removing and clearing wipe the keys, and an unknown SPI is nothing', () => {
  const database = new SaDatabase();
  database.addOutbound(sa(false));
  database.addInbound(sa(false));
  database.removeOutbound(1);
  database.removeInbound(1);
  expect(database.outbound(0x1000)).not.toBeNull();
  database.clear();
  expect([database.outbound(0x1000), database.inbound(0x1000), database.newestOutbound()]).toEqual([null, null, null]);
});
