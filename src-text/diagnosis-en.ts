import type { DiagnosisCatalogue } from './diagnosis-catalogue';

/**
 * What a diagnosis finds, in English: the command line and its JSON say it too, whatever the language of the pages.
 * `{error}` and `{detail}` are of the step's error.
 */
export const diagnosisEn = {
  findings: {
    error: '{error}',
    'error-detail': '{error} ({detail})',
    stopped: 'Stopped.',
    'not-reached': 'Not reached: an earlier step failed.',
    'name-is-address': '{server} is an address; no name has to be looked up.',
    'name-found': '{server} is {addresses}.',
    'name-not-found': 'The name {server} was not found.',
    'no-way': 'No network adapter reaches the server: {reasons}.',
    'port-only': 'This connection uses UDP port {port} only.',
    'port-answers': 'The server answers on UDP port {port} by {ways}.',
    'port-answers-partly': 'The server answers on UDP port {port} by {ways}. It does not by {silent}.',
    'port-silent': 'The server does not answer on UDP port {port} by {silent}.',
    'settings-unreadable':
      'The encryption settings of this connection cannot be read. Correct them in the advanced properties.',
    'settings-agreed': 'The server and this connection agree on encryption.',
    'large-pass': 'Large messages pass: sent {sent}, received {received}. IP fragments pass, too.',
    'large-pass-dropped-parts':
      'Large messages pass: sent {sent}, received {received}. This network drops IP fragments; IKE fragmentation (RFC 7383) does without them.',
    'large-pass-dropped':
      'Large messages pass: sent {sent}, received {received}. This network drops IP fragments of the size a long certificate chain needs.',
    'large-lost': 'Small messages pass, the sign-in ({sent}) is not answered.',
    'large-lost-dropped': 'Small messages pass, the sign-in ({sent}) is not answered. This network drops IP fragments.',
    'certificate-none': 'Both sides prove themselves by the pre-shared key; there is no certificate.',
    'server-proved-key': 'The server proved itself by its key.',
    'server-proved': 'The server proved itself: {names}, issued by {issuer}, valid until {until}.',
    'signed-in': 'Signed in by {method}.',
    'sign-in-accepted': 'The server accepted the sign-in.',
    'addresses-given': 'The server gave {addresses}.',
    'traffic-answered': '{address} answered through the tunnel after {milliseconds} ms.',
    'traffic-nobody': 'The server keeps the connection alive. It names nobody inside who could be asked for an answer.',
    'traffic-server-silent': 'The server does not answer any more.',
    'traffic-silent': 'The tunnel is up; {targets} did not answer through it.',
    'traffic-all-silent':
      'The tunnel is up, but the server does not answer any more; {targets} did not answer through it.',
    'up-settings': 'This connection is up with {ike} and {child}.',
    'up-large': 'This connection is up: its large messages passed.',
    'up-certificate': 'This connection is up: the server has proved itself.',
    'up-signed-in': 'This connection is up: signed in by {method}.',
    'up-addresses': 'This computer is {addresses} inside.',
    'up-waiting': 'Nothing goes through at the moment: {why}.',
    'up-traffic': '{octets} octets came through the tunnel so far; it leaves by {adapter}.',
    'up-nothing-sent': 'Nothing was sent through the tunnel yet.',
    'up-nothing-back': 'Packets leave and none came back.',
  },
  phrases: {
    way: '{label} ({address})',
    'way-answered': '{label} ({address}) in {milliseconds} ms',
    'way-failed': '{label} ({address}): {code}',
    'adapter-why': '{label}: {why}',
    ready: 'ready',
    'adapter-down': 'adapter is off',
    'no-carrier': 'no carrier',
    'no-address': 'no address',
    'address-not-ready': 'address not ready',
    'link-local-only': 'link-local address only',
    'no-route': 'no route to the server',
    'socket-opening': 'getting ready',
    'socket-failed': 'no socket could be opened',
    'gateway-withdrew-address': 'the server withdrew this address',
    'mobility-off': 'mobility is turned off',
    'no-adapter-at-all': 'no network adapter',
    'no-socket': 'no socket can be opened',
    'in-parts': '{count} parts of at most {octets} octets',
    whole: 'at most {octets} octets',
    'agreed-settings': 'agreed settings',
    'agreed-method': 'an agreed method',
    'some-adapter': 'an adapter',
    'waiting-no-adapter': 'no network adapter is connected',
    'waiting-no-route': 'no adapter has a route to the server',
    'waiting-no-answer': 'the server does not answer',
    'waiting-captive-portal': 'this network wants a sign-in in the browser',
    'waiting-no-internet': 'this network has no Internet access',
    'waiting-mobility-off': 'its adapter is away and mobility is turned off',
    'waiting-network': 'the network is away',
  },
  advice: {
    'check-name':
      'Check the spelling of the server in Properties, and that this computer is connected to a network. Some names are known inside a company only.',
    'join-network': 'Plug in a cable or join a wireless network.',
    'blocked-by-one-network':
      'The tunnel cannot move to an adapter whose network blocks the server. Use that network for other things, or ask who runs it.',
    'port-500-not-needed': 'UDP port 4500 is enough for this connection. Nothing needs to be done.',
    'let-4500-through':
      'UDP port 4500 carries the tunnel behind routers and when the adapter changes. Ask whoever runs this network or the server to let UDP port 4500 through.',
    'try-another-network':
      'This network or the firewall of the server blocks VPN connections, or the server is not running. Try another network, for example that of a telephone; if it works there, this network blocks it.',
    'longer-certificate':
      'It works as it is. Should the server get a longer certificate, turn IKE fragmentation on in the advanced properties and on the server.',
    'ask-for-ike-auth':
      'Ask the administrator of the server whether it received IKE_AUTH; a firewall on the way may drop large packets or block UDP port 4500.',
    fragmentation: 'Try another network, or turn IKE fragmentation on in the advanced properties and on the server.',
    'compare-settings':
      'Compare the encryption settings in the advanced properties with those of the server. An old Windows server needs "legacy Windows".',
    'do-not-go-on':
      'Do not go on unless you know why. The details name the exact check: date, name, authority or use of the certificate. Choose the right authority or name in Properties, or tell the administrator.',
    'answer-password': 'Start again and answer the question for the password, or save it.',
    'check-credentials':
      'Check user name, password or certificate of this connection; if they are right, the administrator finds the reason in the log of the server.',
    'ask-for-addresses':
      'Ask the administrator of the server: its address pool or the networks it allows do not fit this account.',
    'send-log': 'Save the IKEv2 log and send it to the administrator of the server.',
    'start-again': 'Start the diagnosis again.',
    'hosts-may-ignore':
      'Those hosts may ignore such questions. If nothing inside can be reached, ask the administrator whether the server routes and lets through what comes from your address.',
    'ask-for-routes': 'Ask the administrator whether the server routes and lets through what comes from your address.',
    'goes-on-by-itself': 'The tunnel is kept and goes on by itself when a network is back.',
  },
} as const satisfies DiagnosisCatalogue;
