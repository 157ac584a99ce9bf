/**
 * What an import says of a key, as data: a sentence by its name and what it fills in. The English sentences are here,
 * because the report of the command line and the log of the service use them; `src-text` has the other languages. Names
 * are part of the contract (`import --json`): they are added to, never renamed.
 */
export const importSentences = {
  // Understood
  taken: 'Taken.',
  'taken-as': 'Taken as {value}.',
  'taken-nearest': 'Taken as {value}, the nearest that is possible.',
  'taken-never': 'Taken: never.',
  'taken-standard': 'Taken as {value}, the standard.',
  'taken-into': 'Taken as {path}: {value}.',
  'taken-thumbprints':
    'Taken: the authentication server must be vouched for by the authority with the SHA-1 thumbprint {value}. If this computer does not have it, add its certificate in the properties.',
  'peap-inner-guessed':
    'Taken as peap-mschapv2. The file does not say in a form that can be read what goes through the secure channel.',
  'taken-from': 'Taken from {files}.',
  'proposals-without': 'Taken as {value}; not offered here: {left}.',
  'secret-stored': 'Moved into the secret store.',
  'name-of-file': 'The connection is named after the file.',
  'authority-leaf':
    'Taken from {files}. The certificate of {subject} is that of a server: its key alone is trusted, not what it issues.',
  'only-routes': 'Taken: only these networks go through the tunnel.',
  'dns-instead': 'Taken: these name servers are used instead of those of the server.',
  'split-dns': 'Taken: only names of these domains are asked of the name servers of the VPN.',
  'secret-asked-always': 'Taken: the secret is asked for at each connection.',
  'eap-as-mschapv2': 'Taken as eap-mschapv2; the file leaves the EAP method to the server.',
  'include-read': 'Read as part of the file.',
  'revocation-strict': 'Taken as strict: without an answer there is no connection.',
  'server-decides': 'Taken: what the server grants goes through the tunnel.',
  // Ignored
  'keys-not-listed': '{count} further lines are not shown.',
  'not-known': 'This key is not known.',
  'not-used': 'Not used here.',
  'ikev2-of-several': 'Windows tries other protocols too. Here only IKEv2 is used.',
  'eap-blob-unreadable':
    'Rules for the authentication server’s certificate cannot be read from it. Set them in the properties.',
  'name-always-checked-usage-not':
    'The name of the server is always checked here; only the purpose of its certificate is not demanded.',
  'one-for-both-families': 'What the file says of IPv4 counts for IPv6 too.',
  'class-route-added':
    'Where the server names no networks, the one of the address’s class goes through the tunnel. Name the networks in the properties to change that.',
  'policies-unreadable':
    'The algorithms cannot be read. The usual ones are offered; set them in the properties if the server wants others.',
  'no-automatic-connection': 'You lose automatic connection: connect by hand.',
  'routes-unreadable': 'Its networks cannot be read. Name in the properties those that go through the tunnel.',
  'name-rules-unreadable': 'Its rules for names cannot be read. Name the domains of the VPN in the properties.',
  'search-domains-unreadable': 'Its domains for short names cannot be read. Name them in the properties.',
  'no-filters': 'Filters by program or address are not made here: everything may use the tunnel.',
  prerequisite: 'Windows connects {name} first. Here you must do that yourself.',
  'psk-not-readable': 'The key is stored in a form that only Windows reads. It is asked for.',
  'windows-logon': 'The Windows logon cannot be used here: the user name and password are asked for.',
  'server-check-kept': 'The file switches the check of the server off. It stays on.',
  'server-name-pattern':
    'The pattern {value} cannot be taken as a name of the authentication server. Write the name itself in the properties.',
  'proposals-default': 'The usual algorithms are offered.',
  'proposals-none': 'Not offered here: {left}. The usual algorithms are offered; the server must accept one of them.',
  'told-apart-by-name': 'Connections are told apart by their names.',
  'connects-by-hand': 'A connection is made when the user asks for it.',
  'address-from-server': 'The address inside the VPN comes from the server.',
  'routes-from-server': 'Routes follow what the server grants.',
  'everything-anyway': 'Everything goes through the tunnel, these networks included.',
  'ipv6-kept': 'IPv6 is used where the server grants it, and is otherwise blocked while the tunnel takes everything.',
  'address-always': 'An address inside the VPN is always asked for.',
  'nat-found': 'UDP encapsulation is always used.',
  'no-compression': 'Packets are not compressed.',
  'nm-proposal-off': 'Not in force, because proposal is not yes. The usual algorithms are offered.',
  'not-with-method': 'Not used with this way to sign in.',
  'identity-of-certificate': 'The identity comes from the certificate or the user name.',
  'identity-of-server': 'The server must prove its own name.',
  'only-ikev1': 'Only IKEv1 has this.',
  'nss-certificate':
    'The certificate is in a database of that computer. The server is checked by its authority and its name.',
  'name-always-checked': 'The name of the server is always checked.',
  'usual-instead': 'The usual value is used.',
  'mobility-anyway':
    'Not in the file, which means no to libreswan. The connection moves between networks here; switch it off in the properties if the server objects.',
  'eap-only-unsafe':
    'The server would prove itself by this EAP method alone, which a password does not make safe: here it must show a certificate.',
  'secret-of-others': 'This secret belongs to another connection or another user.',
  'first-certificate': 'Only the first certificate is taken: {file}.',
  'include-not-read': 'This file was not found beside the profile, so what it says is not known.',
  'other-servers': 'Taken: the server is tried at these addresses too: {value}.',
  'only-server-side': 'Only the server’s side uses this.',
  'selector-ports': 'Protocols and ports of a network are not used: the whole network goes through the tunnel.',
  'bypass-not-taken': 'This is not a tunnel but a rule for packets of that computer.',
  'past-the-tunnel': 'Taken: these networks stay outside of the tunnel.',
  'script-not-run': 'A program would be run: {value}. It is not.',
  'ppk-not-supported':
    'Post-quantum pre-shared keys (RFC 8784) are not supported. A server that demands one will refuse.',
  'kernel-only': 'Only the kernel’s IPsec has this.',
  'dpd-usual': '0 means never there; the usual interval is kept here.',
  'more-secrets': 'Further secrets of others: {count}.',
  'issuer-by-name': 'The issuer is checked by its certificate, not by its name.',
  // Missing
  'file-missing': 'The file {file} was not found beside the profile. Choose it.',
  'file-unreadable': 'The file {file} is neither PEM nor DER. Choose another one.',
  'file-no-certificate': 'There is no certificate in the file {file}. Choose another one.',
  'smart-card-choose': 'The certificate is on a smart card. Choose it in the properties.',
  'key-in-agent':
    'The key is held by an SSH agent, which is not used here. Choose a certificate with its key in the properties.',
  'export-from-nss':
    'The certificate {name} and its key are in a database (NSS) of that computer. Export them as PKCS#12 and choose the file in the properties.',
  'secret-not-text': 'The secret is not a text that could be kept here. It is asked for.',
  'secret-is-hash': 'The file has only a hash of the password. The password is asked for.',
  'key-missing': 'The key of {file} was not found beside the profile. Choose it.',
  'authorities-of-folder':
    'The file names no authority: strongSwan trusts those in its own folder. Here those of this computer are trusted; if the server’s is another one, choose its certificate.',
  'script-computes': 'The script would compute this. Type it in the properties.',
  // Wrong
  'pbk-type': 'This entry is not a VPN.',
  'other-protocol': 'This is {protocol}. Only IKEv2 can be taken.',
  'server-missing': 'The server is missing.',
  'eap-method-unknown': 'The EAP method {value} is not supported: 13, 21, 26 and 25 with 13 or 26 inside are.',
  'must-be-text': 'Must be a text.',
  'must-be-json': 'Must be a JSON object in UTF-8.',
  'file-too-large': 'The file is larger than 1 MiB.',
  'file-too-slow': 'The file takes too long to read. It is damaged, or made to do harm.',
  'file-too-complex': 'The file needs too much memory to read. It is damaged, or made to do harm.',
  'file-unreadable-at-all': 'The file cannot be read.',
  'link-with-secret':
    'The link carries a secret ({kinds}). Every program and every user of this computer can read a link: ask for one without it, or for a file.',
  'file-unknown':
    'This is not a profile that can be read: .agilevpn.json, .sswan, .mobileconfig, rasphone.pbk, .nmconnection, swanctl.conf, ipsec.conf, ProfileXML or PowerShell.',
  'connections-left-out': '{count} further connections of the file were left out: 1000 are read.',
  'file-empty': 'There is no connection in this file.',
  'plist-without-vpn': 'The property list cannot be read or has no VPN payload.',
  'nm-type': 'This is a NetworkManager connection of the type {type}. Only IKEv2 can be taken.',
  'nm-plugin': 'This is a VPN of the plugin {plugin}. Only those of strongSwan and libreswan can be taken.',
  'nm-method': 'The way to sign in "{method}" is not known. Known: eap, eap-tls, psk, cert.',
  'only-ikev2': 'This connection uses IKEv1. Only IKEv2 can be taken.',
  'only-tunnel-mode': 'Only tunnel mode can be taken.',
  'rounds-not-supported':
    'These rounds of authentication are not supported: only a certificate, and EAP after it, are.',
  'psk-on-one-side':
    'One side would prove itself with a shared secret and the other one in another way. That is not supported.',
  'eap-not-supported': 'The EAP method {method} is not supported: mschapv2, tls, peap and ttls are.',
  'conf-unreadable': 'The file cannot be read from line {line} on.',
  'only-includes': 'The file only includes others: {files}. Import those.',
  'no-server-address': 'No address of a server is in it: this is the server’s side, or a template.',
  'only-esp': 'Only ESP can be taken, not AH.',
  'only-secrets': 'These are the secrets of an ipsec.conf. Import that file, with this one beside it.',
  'tunnel-type': 'The tunnel type {type} cannot be taken, only IKEv2 and Automatic.',
  'xml-unreadable': 'The XML cannot be read.',
} as const;

export type ImportSentence = keyof typeof importSentences;

/** The names in braces of a sentence. */
type Places<Sentence extends string> = Sentence extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Places<Rest>
  : never;

type ValuesOf<Key extends ImportSentence> = Readonly<Record<Places<(typeof importSentences)[Key]>, string>>;

export interface ImportMessage {
  readonly key: ImportSentence;
  /** Never a secret. */
  readonly values: Readonly<Record<string, string>>;
}

/** A sentence with everything filled in that it names. */
export function say<Key extends ImportSentence>(
  ...[key, values]: [Places<(typeof importSentences)[Key]>] extends [never] ? [Key] : [Key, ValuesOf<Key>]
): ImportMessage {
  return { key, values: values ?? {} };
}

export function englishImportText({ key, values }: ImportMessage): string {
  return importSentences[key].replace(/\{(\w+)\}/g, (whole, name: string) =>
    Object.hasOwn(values, name) ? (values[name] as string) : whole,
  );
}
