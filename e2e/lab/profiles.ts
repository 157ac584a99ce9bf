import { account } from './gateway-config';

export type Method = 'eap-mschapv2' | 'rsa' | 'ecdsa' | 'psk';

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
export type ProfileText = Readonly<Record<string, Json>>;

const tunnelOnly = {
  network: { useDefaultGateway: false, routes: ['10.99.0.0/24'] },
  mobility: { enabled: true, returnToPreferred: false, adapterOrder: ['eth0', 'eth1'] },
  proposals: { ike: ['aes256gcm16-prfsha384-ecp256'], esp: ['aes128gcm16'] },
} as const;

/** Profiles for each way the lab's gateway authenticates; file names are relative to the PKI's folder. */
export const profiles: Readonly<Record<Method, ProfileText>> = {
  'eap-mschapv2': {
    version: 1,
    name: 'Lab EAP',
    server: 'eap.lab.test',
    remoteIdentity: 'eap.lab.test',
    authentication: { method: 'eap-mschapv2', username: account.username },
    serverCertificate: { authorities: ['ca-rsa.pem'], revocation: 'off' },
    ...tunnelOnly,
  },
  rsa: {
    version: 1,
    name: 'Lab RSA',
    server: 'rsa.lab.test',
    remoteIdentity: 'rsa.lab.test',
    localIdentity: 'client-rsa.lab.test',
    authentication: { method: 'machine-certificate', certificate: 'client-rsa.pem', privateKey: 'client-rsa.key' },
    serverCertificate: { authorities: ['ca-rsa.pem'], revocation: 'off' },
    ...tunnelOnly,
  },
  ecdsa: {
    version: 1,
    name: 'Lab ECDSA',
    server: 'ecdsa.lab.test',
    remoteIdentity: 'ecdsa.lab.test',
    localIdentity: 'client-ecdsa.lab.test',
    authentication: { method: 'machine-certificate', certificate: 'client-ecdsa.pem', privateKey: 'client-ecdsa.key' },
    serverCertificate: { authorities: ['ca-ecdsa.pem'], revocation: 'off' },
    ...tunnelOnly,
  },
  psk: {
    version: 1,
    name: 'Lab PSK',
    server: 'psk.lab.test',
    remoteIdentity: 'psk.lab.test',
    localIdentity: 'client-psk.lab.test',
    authentication: { method: 'psk', psk: account.psk },
    ...tunnelOnly,
  },
};
