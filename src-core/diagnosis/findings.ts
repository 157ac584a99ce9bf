import { sanitizeText } from '../bytes';
import type { StatusObject } from '../connection/status';
import type { PathCandidate } from '../mobility/path-candidates';
import { VpnError } from '../ports/vpn-error';
import type { PortAnswer } from './port-probe';
import { failed, passed, warning, type DiagnosisStepName, type Finding } from './steps';

/** What each step says to the person. Plain words: what was tried, what came of it, what to do. */

export const milliseconds = (value: number): string => (value < 10 ? `${value.toFixed(1)} ms` : `${Math.round(value)} ms`);
const way = ({ label, source }: PathCandidate): string => `${sanitizeText(label)} (${source})`;
const list = (items: readonly string[]): string => items.join(', ');

export function namePassed(server: string, addresses: readonly string[]): Finding {
  if (addresses.length === 1 && addresses[0] === server) return passed(`${server} is an address; no name has to be looked up.`);
  return passed(`${sanitizeText(server)} is ${list(addresses.slice(0, 8))}.`);
}

export function nameFailed(server: string, error: VpnError): Finding {
  return failed(`The name ${sanitizeText(server)} was not found.`, 'Check the spelling of the server in Properties, and that this computer is connected to a network. Some names are known inside a company only.', error);
}

export function noWay(error: VpnError): Finding {
  return failed(`No network adapter reaches the server: ${error.detail ?? 'there is none'}.`, 'Plug in a cable or join a wireless network.', error);
}

export const portBlocked = (port: number): VpnError => new VpnError('VPN_TIMEOUT', `UDP port ${port} of the server did not answer.`, { detail: `no answer to IKE_SA_INIT on UDP port ${port}` });

/** What the probes of one port say. `other`: the other port answered. */
export function portFinding(port: number, answers: readonly PortAnswer[], other: boolean): Finding {
  const good = answers.filter((answer) => answer.milliseconds !== null);
  const bad = answers.filter((answer) => answer.milliseconds === null);
  const silent = bad.map(({ candidate, code }) => `${way(candidate)}${code === null ? '' : `: ${code}`}`);
  if (good.length > 0) {
    const text = `The server answers on UDP port ${port} by ${list(good.map(({ candidate, milliseconds: time }) => `${way(candidate)} in ${milliseconds(time ?? 0)}`))}.`;
    return bad.length === 0 ? passed(text) : warning(`${text} It does not by ${list(silent)}.`, 'The tunnel cannot move to an adapter whose network blocks the server. Use that network for other things, or ask who runs it.');
  }
  const text = `The server does not answer on UDP port ${port} by ${list(silent)}.`;
  if (port === 500 && other) return warning(text, 'UDP port 4500 is enough for this connection. Nothing needs to be done.');
  if (other) return failed(text, 'UDP port 4500 carries the tunnel behind routers and when the adapter changes. Ask whoever runs this network or the server to let UDP port 4500 through.', portBlocked(port));
  return failed(text, 'This network or the firewall of the server blocks VPN connections, or the server is not running. Try another network, for example that of a telephone; if it works there, this network blocks it.', portBlocked(port));
}

export interface Traffic {
  readonly messages: number;
  readonly parts: number;
  readonly largestDatagram: number;
}

export interface AuthTraffic {
  readonly sent: Traffic;
  readonly received: Traffic;
}

/** IP fragments: does IKE_SA_INIT of this many octets come through? Larger than any Ethernet frame. */
export const fragmentedInitLength = 1800;

function parts({ parts: count, largestDatagram }: Traffic): string {
  return count > 0 ? `${count} parts of at most ${largestDatagram} octets` : `at most ${largestDatagram} octets`;
}

export function fragmentFinding({ sent, received }: AuthTraffic, ipFragments: boolean): Finding {
  const inParts = sent.parts + received.parts > 0;
  const how = `Large messages pass: sent ${parts(sent)}, received ${parts(received)}.`;
  if (ipFragments) return passed(`${how} IP fragments pass, too.`);
  return inParts
    ? passed(`${how} This network drops IP fragments; IKE fragmentation (RFC 7383) does without them.`)
    : warning(`${how} This network drops IP fragments of the size a long certificate chain needs.`, 'It works as it is. Should the server get a longer certificate, turn IKE fragmentation on in the advanced properties and on the server.');
}

export function fragmentsLost(error: VpnError, { sent }: AuthTraffic, ipFragments: boolean): Finding {
  return failed(
    `Small messages pass, the sign-in (${parts(sent)}) is not answered.${ipFragments ? '' : ' This network drops IP fragments.'}`,
    ipFragments ? 'Ask the administrator of the server whether it received IKE_AUTH; a firewall on the way may drop large packets or block UDP port 4500.' : 'Try another network, or turn IKE fragmentation on in the advanced properties and on the server.',
    error,
  );
}

/** What to do about an error of the sign-in and what follows it. */
export function attemptFailed(step: DiagnosisStepName, error: VpnError): Finding {
  return failed(error.message, adviceFor(step, error), error);
}

function adviceFor(step: DiagnosisStepName, { symbol }: VpnError): string {
  switch (step) {
    case 'proposals':
      return 'Compare the encryption settings in the advanced properties with those of the server. An old Windows server needs "legacy Windows".';
    case 'certificate':
      return 'Do not go on unless you know why. The details name the exact check: date, name, authority or use of the certificate. Choose the right authority or name in Properties, or tell the administrator.';
    case 'authentication':
      return symbol === 'CANCELLED' ? 'Start again and answer the question for the password, or save it.' : 'Check user name, password or certificate of this connection; if they are right, the administrator finds the reason in the log of the server.';
    case 'addresses':
      return 'Ask the administrator of the server: its address pool or the networks it allows do not fit this account.';
    default:
      return 'Save the IKEv2 log and send it to the administrator of the server.';
  }
}

export function trafficSilent(targets: readonly string[], alive: boolean): Finding {
  if (targets.length === 0) {
    return alive ? passed('The server keeps the connection alive. It names nobody inside who could be asked for an answer.') : warning('The server does not answer any more.', 'Start the diagnosis again.');
  }
  return warning(
    `The tunnel is up${alive ? '' : ', but the server does not answer any more'}; ${list(targets)} did not answer through it.`,
    'Those hosts may ignore such questions. If nothing inside can be reached, ask the administrator whether the server routes and lets through what comes from your address.',
  );
}

const waiting: Readonly<Record<string, string>> = {
  'no-adapter': 'no network adapter is connected',
  'no-route': 'no adapter has a route to the server',
  'no-answer': 'the server does not answer',
  'captive-portal': 'this network wants a sign-in in the browser',
};

/** A connection that is up is not connected a second time: its server might end the first. */
export function liveFindings(status: StatusObject): readonly (readonly [DiagnosisStepName, Finding])[] {
  const [child] = status.children;
  const bytesIn = status.children.reduce((sum, one) => sum + one.bytesIn, 0);
  const packetsOut = status.children.reduce((sum, one) => sum + one.packetsOut, 0);
  const up = 'This connection is up';
  const traffic = ((): Finding => {
    if (status.state !== 'Connected') {
      const why = waiting[status.waitingFor ?? ''] ?? 'the network is away';
      return failed(`Nothing goes through at the moment: ${why}.`, 'The tunnel is kept and goes on by itself when a network is back.', new VpnError('LINK_FAILURE', `The connection is ${status.state}.`, { detail: why }));
    }
    if (bytesIn > 0) return passed(`${bytesIn} octets came through the tunnel so far; it leaves by ${sanitizeText(status.adapterLabel ?? status.adapter ?? 'an adapter')}.`);
    return packetsOut === 0 ? passed('Nothing was sent through the tunnel yet.') : warning('Packets leave and none came back.', 'Ask the administrator whether the server routes and lets through what comes from your address.');
  })();
  return [
    ['proposals', passed(`${up} with ${status.ike?.proposal ?? 'agreed settings'} and ${child?.proposal ?? 'agreed settings'}.`)],
    ['fragments', passed(`${up}: its large messages passed.`)],
    ['certificate', passed(`${up}: the server has proved itself.`)],
    ['authentication', passed(`${up}: signed in by ${sanitizeText(status.authentication ?? 'an agreed method')}.`)],
    ['addresses', passed(`This computer is ${list(status.tunnelAddresses)} inside.`)],
    ['traffic', traffic],
  ];
}
