import { sanitizeText } from '../bytes';
import type { StatusObject, WaitingReason } from '../connection/status';
import type { DiagnosisPhrase } from '../ports/diagnosis';
import { VpnError } from '../ports/vpn-error';
import { failed, passed, warning, type DiagnosisStepName, type StepEnd } from './steps';

type Waiting = Extract<DiagnosisPhrase['key'], `waiting-${string}`>;

/** What a connection waits for; the detail of the error, as every detail, in English. */
const waiting: Readonly<Record<WaitingReason, { readonly key: Waiting; readonly detail: string }>> = {
  'no-adapter': { key: 'waiting-no-adapter', detail: 'no network adapter is connected' },
  'no-route': { key: 'waiting-no-route', detail: 'no adapter has a route to the server' },
  'no-answer': { key: 'waiting-no-answer', detail: 'the server does not answer' },
  'captive-portal': { key: 'waiting-captive-portal', detail: 'this network wants a sign-in in the browser' },
  'no-internet': { key: 'waiting-no-internet', detail: 'this network has no Internet access' },
  'mobility-off': { key: 'waiting-mobility-off', detail: 'its adapter is away and mobility is turned off' },
};

/** Also for a reason of a later version: the status may be that of another host. */
const otherWaiting = { key: 'waiting-network', detail: 'the network is away' } as const;

function liveTraffic(status: StatusObject): StepEnd {
  if (status.state !== 'Connected') {
    const { key, detail } =
      status.waitingFor !== null && Object.hasOwn(waiting, status.waitingFor)
        ? waiting[status.waitingFor]
        : otherWaiting;
    return failed(
      { key: 'up-waiting', values: { why: { key, values: {} } } },
      'goes-on-by-itself',
      new VpnError('LINK_FAILURE', `The connection is ${status.state}.`, { detail }),
    );
  }
  const octets = status.children.reduce((sum, one) => sum + one.bytesIn, 0);
  const packetsOut = status.children.reduce((sum, one) => sum + one.packetsOut, 0);
  const adapter = status.adapterLabel ?? status.adapter;
  if (octets > 0)
    return passed({
      key: 'up-traffic',
      values: { octets, adapter: adapter === null ? { key: 'some-adapter', values: {} } : sanitizeText(adapter) },
    });
  return packetsOut === 0
    ? passed({ key: 'up-nothing-sent', values: {} })
    : warning({ key: 'up-nothing-back', values: {} }, 'ask-for-routes');
}

/** A connection that is up is not connected a second time: its server might end the first. */
export function liveFindings(status: StatusObject): readonly (readonly [DiagnosisStepName, StepEnd])[] {
  const settings: DiagnosisPhrase = { key: 'agreed-settings', values: {} };
  return [
    [
      'proposals',
      passed({
        key: 'up-settings',
        values: { ike: status.ike?.proposal ?? settings, child: status.children[0]?.proposal ?? settings },
      }),
    ],
    ['fragments', passed({ key: 'up-large', values: {} })],
    ['certificate', passed({ key: 'up-certificate', values: {} })],
    [
      'authentication',
      passed({
        key: 'up-signed-in',
        values: {
          method:
            status.authentication === null ? { key: 'agreed-method', values: {} } : sanitizeText(status.authentication),
        },
      }),
    ],
    ['addresses', passed({ key: 'up-addresses', values: { addresses: status.tunnelAddresses } })],
    ['traffic', liveTraffic(status)],
  ];
}
