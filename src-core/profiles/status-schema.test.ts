import { Ajv } from 'ajv';
import { expect, test } from 'vitest';
import outputSchema from '../../assets/schema/agilevpn-output.schema.json';
import schema from '../../assets/schema/agilevpn-status.schema.json';
import type { StatusObject } from '../connection/status';
import { describeMessage, notify } from '../ikev2/wire';
import { vpnErrors } from '../ports/vpn-error';

const validate = new Ajv({ strict: true, allErrors: true, allowUnionTypes: true }).compile(schema);

const status: StatusObject = {
  connection: 'Contoso',
  state: 'Connected',
  since: '2026-11-23T10:00:00.000Z',
  connectedSince: '2026-11-23T09:00:00.000Z',
  server: 'vpn.contoso.test',
  adapter: 'eth0',
  adapterLabel: 'Ethernet',
  originAddress: '10.10.0.2',
  destinationAddress: '10.10.0.1',
  natDetected: false,
  mobikeSupported: true,
  tunnelAdapter: 'avpn0',
  tunnelAddresses: ['10.77.0.1/32'],
  dnsServers: ['10.99.0.53'],
  authentication: 'EAP-MSCHAPv2',
  ike: {
    spiInitiator: '0123456789abcdef',
    spiResponder: 'fedcba9876543210',
    proposal: 'aes256gcm16-prfsha384-ecp256',
    establishedAt: '2026-11-23T09:00:00.000Z',
  },
  children: [
    {
      spiIn: 'c0000001',
      spiOut: 'c0000002',
      proposal: 'aes128gcm16',
      local: ['10.77.0.1/32'],
      remote: ['10.99.0.0/24'],
      bytesIn: 0,
      bytesOut: 0,
      packetsIn: 0,
      packetsOut: 0,
      droppedReplay: 0,
      droppedAuth: 0,
    },
  ],
  roams: 1,
  lastRoam: { at: '2026-11-23T10:00:00.000Z', from: 'eth0', to: 'eth1', reason: 'adapter-lost', milliseconds: 4 },
  outageEndsAt: null,
  waitingFor: null,
  phase: null,
  paths: [
    {
      adapter: 'eth0',
      originAddress: '10.10.0.2',
      destinationAddress: '10.10.0.1',
      state: 'in-use',
      reason: 'in use',
      roundTripMs: null,
    },
  ],
  error: {
    code: vpnErrors.LINK_FAILURE,
    symbol: 'LINK_FAILURE',
    message: 'The link to Contoso failed.',
    detail: null,
    ikeNotify: null,
    rule: null,
  },
};

test('the example of the contract fits, in full and at rest', () => {
  expect(validate(status) || validate.errors).toBe(true);
  const atRest: StatusObject = {
    ...status,
    state: 'Disconnected',
    connectedSince: null,
    adapter: null,
    adapterLabel: null,
    originAddress: null,
    destinationAddress: null,
    tunnelAdapter: null,
    tunnelAddresses: [],
    dnsServers: [],
    authentication: null,
    ike: null,
    children: [],
    roams: 0,
    lastRoam: null,
    paths: [],
    error: null,
  };
  expect(validate(atRest) || validate.errors).toBe(true);
});

test('keys may be added, none may be renamed', () => {
  expect(validate({ ...status, later: 1 })).toBe(true);
  for (const key of schema.required)
    expect(validate(Object.fromEntries(Object.entries(status).filter(([other]) => other !== key))), key).toBe(false);
});

test.each([
  { state: 'Reconnecting' },
  { since: 'yesterday' },
  { roams: -1 },
  { children: [{}] },
  { lastRoam: { ...status.lastRoam, reason: 'because' } },
  { error: { code: 'x' } },
  { ike: { ...status.ike, spiInitiator: 'XYZ' } },
])('%j does not fit', (change) => {
  expect(validate({ ...status, ...change })).toBe(false);
});

test('lines of connect --json: status and log entries, with decoded exchanges', () => {
  const validateLine = new Ajv({ strict: true, strictRequired: false, allowUnionTypes: true })
    .addSchema(schema)
    .compile(outputSchema);
  const exchange = describeMessage({
    direction: 'received',
    exchangeType: 37,
    messageId: 3,
    response: true,
    from: '10.10.0.1:4500',
    to: '10.10.0.2:41000',
    payloads: [notify(16400)],
  });
  const entry = {
    id: 1,
    at: '2026-11-23T10:00:00.000Z',
    connection: 'Contoso',
    level: 'info',
    area: 'ike',
    text: 'x',
    exchange,
  };
  expect(validateLine({ type: 'status', status }) || validateLine.errors).toBe(true);
  expect(validateLine({ type: 'log', entry }) || validateLine.errors).toBe(true);
  for (const bad of [
    { type: 'status' },
    { type: 'log', status },
    { type: 'other' },
    { type: 'log', entry: { ...entry, level: 'loud' } },
    { type: 'status', status: { ...status, roams: '1' } },
  ])
    expect(validateLine(bad)).toBe(false);
});
