import type { ChildProcess } from 'node:child_process';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eap, gatewayConfiguration } from './gateway-config';
import type { GatewayConnection } from './gateway-config';
import type { Lab } from './lab';
import { end, run, until } from './run';

type Status = 'good' | 'revoked';

const ocspPort = 8801;
const crlPort = 8802;

/**
 * Certificates whose status is asked of a server beside the gateway, one by OCSP, one by CRL; and an authentication
 * server's, by OCSP.
 */
const certificates = [
  {
    name: 'gateway-ocsp',
    host: 'ocsp.lab.test',
    key: 'server-ecdsa',
    serial: 0x5001,
    where: `authorityInfoAccess=OCSP;URI:http://vpn.lab.test:${String(ocspPort)}/ask`,
  },
  {
    name: 'gateway-crl',
    host: 'crl.lab.test',
    key: 'server-ecdsa',
    serial: 0x5002,
    where: `crlDistributionPoints=URI:http://vpn.lab.test:${String(crlPort)}/lab.crl`,
  },
  {
    name: 'aaa-ocsp',
    host: 'aaa.lab.test',
    key: 'aaa',
    serial: 0x5003,
    where: `authorityInfoAccess=OCSP;URI:http://vpn.lab.test:${String(ocspPort)}/ask`,
  },
] as const;

/** The status servers of the lab's RSA authority, in the namespace of the gateway. */
export class RevocationServers {
  readonly #lab: Lab;
  readonly #folder: string;
  #processes: ChildProcess[] = [];

  private constructor(lab: Lab) {
    this.#lab = lab;
    this.#folder = join(lab.directory, 'revocation');
  }

  /** Makes the certificates, and lets the gateway show them. */
  static async make(lab: Lab): Promise<RevocationServers> {
    const made = new RevocationServers(lab);
    mkdirSync(made.#folder, { recursive: true });
    const { path } = lab.pki;
    for (const { name, host, key, serial, where } of certificates) {
      writeFileSync(
        path(`${name}.ext`),
        `basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\nsubjectAltName=DNS:${host}\n${where}\n`,
      );
      await run('openssl', [
        'req',
        '-new',
        '-key',
        path(`${key}.key`),
        '-subj',
        `/O=Lab/CN=${host}`,
        '-out',
        path(`${name}.csr`),
      ]);
      await run('openssl', [
        'x509',
        '-req',
        '-sha256',
        '-in',
        path(`${name}.csr`),
        '-CA',
        path('ca-rsa.pem'),
        '-CAkey',
        path('ca-rsa.key'),
        '-set_serial',
        String(serial),
        '-days',
        '30',
        '-extfile',
        path(`${name}.ext`),
        '-out',
        path(`${name}.pem`),
      ]);
      copyFileSync(path(`${key}.key`), path(`${name}.key`));
    }
    const shown = certificates
      .filter(({ name }) => name.startsWith('gateway-'))
      .map(({ name, host }): GatewayConnection => ({ name, identity: host, certificate: name, remote: eap }));
    await lab.gateway.load(gatewayConfiguration(lab.pki, { connections: shown }));
    return made;
  }

  /** Both servers say the same of every certificate. */
  async start(status: Status): Promise<void> {
    const { path } = this.#lab.pki;
    const index = join(this.#folder, 'index.txt');
    const line = ({ serial, host }: (typeof certificates)[number]): string =>
      `${status === 'good' ? 'V\t341231235959Z\t' : 'R\t341231235959Z\t260101000000Z'}\t${serial.toString(16).toUpperCase()}\tunknown\t/O=Lab/CN=${host}\n`;
    writeFileSync(index, certificates.map(line).join(''));
    const crl = join(this.#folder, 'lab.crl');
    const revoked =
      status === 'good'
        ? []
        : certificates.flatMap(({ serial }) => ['--reason', 'key-compromise', '--serial', serial.toString(16)]);
    const made = await run('sh', [
      '-c',
      'out=$1; shift; exec pki --signcrl "$@" > "$out"',
      'sh',
      crl,
      '--cacert',
      path('ca-rsa.pem'),
      '--cakey',
      path('ca-rsa.key'),
      '--lifetime',
      '1',
      '--digest',
      'sha256',
      ...revoked,
    ]);
    if (made.code !== 0) throw new Error(made.stderr);
    this.#processes = [
      this.#lab.start('gateway', 'openssl', [
        'ocsp',
        '-index',
        index,
        '-port',
        String(ocspPort),
        '-CA',
        path('ca-rsa.pem'),
        '-rsigner',
        path('ca-rsa.pem'),
        '-rkey',
        path('ca-rsa.key'),
        '-rmd',
        'sha256',
        '-nmin',
        '30',
      ]),
      this.#lab.start('gateway', 'python3', ['-m', 'http.server', String(crlPort), '--directory', this.#folder]),
    ];
    for (const port of [ocspPort, crlPort]) {
      await until(`port ${String(port)}`, 10_000, async () =>
        (await this.#lab.on('gateway', 'ss', ['-Hltn', `sport = :${String(port)}`])).stdout.includes(String(port))
          ? true
          : undefined,
      );
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.#processes.map((process) => end(process, 'SIGTERM', 2_000)));
    this.#processes = [];
  }
}
