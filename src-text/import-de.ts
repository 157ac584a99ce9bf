import type { ImportSentence } from '../src-core/ports/import-message';

/** What an import says of a key, in German. The record is complete by its type. */
export const importDe: Readonly<Record<ImportSentence, string>> = {
  taken: 'Übernommen.',
  'taken-as': 'Übernommen als {value}.',
  'taken-nearest': 'Übernommen als {value}, den nächsten möglichen Wert.',
  'taken-never': 'Übernommen: nie.',
  'taken-standard': 'Übernommen als {value}, der Standardwert.',
  'taken-into': 'Übernommen als {path}: {value}.',
  'taken-thumbprints':
    'Übernommen: Für den Authentifizierungsserver muss die Zertifizierungsstelle mit dem SHA-1-Fingerabdruck {value} bürgen. Wenn dieser Computer sie nicht hat, fügen Sie ihr Zertifikat in den Eigenschaften hinzu.',
  'peap-inner-guessed':
    'Übernommen als peap-mschapv2. Die Datei sagt nicht in lesbarer Form, was durch den sicheren Kanal geht.',
  'taken-from': 'Aus {files} übernommen.',
  'secret-stored': 'In den Schlüsselspeicher verschoben.',
  'keys-not-listed': '{count} weitere Zeilen werden nicht gezeigt.',
  'not-known': 'Dieser Schlüssel ist nicht bekannt.',
  'not-used': 'Wird hier nicht verwendet.',
  'ikev2-of-several': 'Windows versucht auch andere Protokolle. Hier wird nur IKEv2 verwendet.',
  'eap-blob-unreadable':
    'Regeln für das Zertifikat des Authentifizierungsservers sind daraus nicht lesbar. Legen Sie sie in den Eigenschaften fest.',
  'name-always-checked-usage-not':
    'Der Name des Servers wird hier immer geprüft; nur der Zweck seines Zertifikats wird nicht verlangt.',
  'one-for-both-families': 'Was die Datei zu IPv4 sagt, gilt auch für IPv6.',
  'class-route-added':
    'Nennt der Server keine Netze, geht das Netz der Klasse der Adresse durch den Tunnel. Nennen Sie die Netze in den Eigenschaften, um das zu ändern.',
  'policies-unreadable':
    'Die Algorithmen sind nicht lesbar. Angeboten werden die üblichen; legen Sie sie in den Eigenschaften fest, wenn der Server andere verlangt.',
  'no-automatic-connection': 'Die automatische Verbindung geht verloren: Verbinden Sie von Hand.',
  'routes-unreadable': 'Die Netze sind nicht lesbar. Nennen Sie in den Eigenschaften die, die durch den Tunnel gehen.',
  'name-rules-unreadable':
    'Die Regeln für Namen sind nicht lesbar. Nennen Sie die Domänen des VPN in den Eigenschaften.',
  'search-domains-unreadable': 'Die Domänen für kurze Namen sind nicht lesbar. Nennen Sie sie in den Eigenschaften.',
  'no-filters': 'Nach Programmen oder Adressen wird hier nicht gefiltert: Alles darf den Tunnel verwenden.',
  prerequisite: 'Windows verbindet zuerst {name}. Hier müssen Sie das selbst tun.',
  'psk-not-readable': 'Der Schlüssel ist so gespeichert, dass nur Windows ihn lesen kann. Er wird abgefragt.',
  'windows-logon':
    'Die Windows-Anmeldung kann hier nicht verwendet werden: Benutzername und Kennwort werden abgefragt.',
  'server-check-kept': 'Die Datei schaltet die Prüfung des Servers ab. Sie bleibt eingeschaltet.',
  'server-name-pattern':
    'Das Muster {value} kann nicht als Name des Authentifizierungsservers übernommen werden. Tragen Sie den Namen selbst in den Eigenschaften ein.',
  'file-missing': 'Die Datei {file} wurde neben dem Profil nicht gefunden. Wählen Sie sie aus.',
  'file-unreadable': 'Die Datei {file} ist weder PEM noch DER. Wählen Sie eine andere.',
  'smart-card-choose': 'Das Zertifikat ist auf einer Smartcard. Wählen Sie es in den Eigenschaften aus.',
  'pbk-type': 'Dieser Eintrag ist kein VPN.',
  'other-protocol': 'Dies ist {protocol}. Nur IKEv2 kann übernommen werden.',
  'server-missing': 'Der Server fehlt.',
  'eap-method-unknown': 'Die EAP-Methode {value} wird nicht unterstützt, nur 13, 21, 26 und 25 mit 13 oder 26 darin.',
  'must-be-text': 'Muss ein Text sein.',
  'must-be-json': 'Muss ein JSON-Objekt in UTF-8 sein.',
  'file-too-large': 'Die Datei ist größer als 1 MiB.',
  'file-too-slow': 'Die Datei zu lesen dauert zu lange. Sie ist beschädigt oder soll Schaden anrichten.',
  'file-too-complex':
    'Die Datei zu lesen benötigt zu viel Arbeitsspeicher. Sie ist beschädigt oder soll Schaden anrichten.',
  'file-unreadable-at-all': 'Die Datei kann nicht gelesen werden.',
  'link-with-secret':
    'Der Link enthält ein Geheimnis ({kinds}). Jedes Programm und jeder Benutzer dieses Computers kann einen Link lesen: Bitten Sie um einen ohne dieses oder um eine Datei.',
  'file-unknown':
    'Dies ist kein lesbares Profil: .agilevpn.json, .sswan, .mobileconfig, rasphone.pbk, .nmconnection, swanctl.conf, ipsec.conf, ProfileXML oder PowerShell.',
  'connections-left-out': '{count} weitere Verbindungen der Datei wurden ausgelassen: Gelesen werden 1000.',
  'file-empty': 'In dieser Datei ist keine Verbindung.',
  'plist-without-vpn': 'Die Eigenschaftsliste ist nicht lesbar oder enthält keine VPN-Nutzlast.',
  'name-of-file': 'Die Verbindung wird nach der Datei benannt.',
  'authority-leaf':
    'Aus {files} übernommen. Das Zertifikat von {subject} gehört einem Server: Vertraut wird nur seinem Schlüssel, nicht dem, was er ausstellt.',
  'only-routes': 'Übernommen: Nur diese Netze gehen durch den Tunnel.',
  'dns-instead': 'Übernommen: Diese DNS-Server werden anstelle derer des Servers verwendet.',
  'split-dns': 'Übernommen: Nur Namen dieser Domänen werden bei den DNS-Servern des VPN erfragt.',
  'secret-asked-always': 'Übernommen: Das Geheimnis wird bei jeder Verbindung erfragt.',
  'eap-as-mschapv2': 'Übernommen als eap-mschapv2; die Datei überlässt die EAP-Methode dem Server.',
  'told-apart-by-name': 'Verbindungen werden an ihren Namen unterschieden.',
  'connects-by-hand': 'Eine Verbindung wird hergestellt, wenn der Benutzer es verlangt.',
  'address-from-server': 'Die Adresse im VPN kommt vom Server.',
  'routes-from-server': 'Die Routen richten sich danach, was der Server gewährt.',
  'everything-anyway': 'Alles geht durch den Tunnel, auch diese Netze.',
  'ipv6-kept': 'IPv6 wird verwendet, wo der Server es gewährt, und sonst blockiert, solange der Tunnel alles aufnimmt.',
  'address-always': 'Eine Adresse im VPN wird immer angefordert.',
  'nat-found': 'UDP-Kapselung wird immer verwendet.',
  'no-compression': 'Pakete werden nicht komprimiert.',
  'nm-proposal-off': 'Nicht in Kraft, weil proposal nicht yes ist. Die üblichen Algorithmen werden angeboten.',
  'not-with-method': 'Wird bei dieser Anmeldeart nicht verwendet.',
  'identity-of-certificate': 'Die Identität ergibt sich aus dem Zertifikat oder dem Benutzernamen.',
  'identity-of-server': 'Der Server muss seinen eigenen Namen nachweisen.',
  'only-ikev1': 'Das gibt es nur bei IKEv1.',
  'nss-certificate':
    'Das Zertifikat liegt in einer Datenbank jenes Computers. Der Server wird anhand seiner Zertifizierungsstelle und seines Namens geprüft.',
  'name-always-checked': 'Der Name des Servers wird immer geprüft.',
  'usual-instead': 'Der übliche Wert wird verwendet.',
  'mobility-anyway':
    'Nicht in der Datei, was bei libreswan Nein bedeutet. Hier wechselt die Verbindung zwischen Netzen; schalten Sie das in den Eigenschaften ab, falls der Server sich daran stört.',
  'file-no-certificate': 'In der Datei {file} ist kein Zertifikat. Wählen Sie eine andere.',
  'key-in-agent':
    'Der Schlüssel liegt bei einem SSH-Agenten, der hier nicht verwendet wird. Wählen Sie in den Eigenschaften ein Zertifikat mit seinem Schlüssel aus.',
  'export-from-nss':
    'Das Zertifikat {name} und sein Schlüssel liegen in einer Datenbank (NSS) jenes Computers. Exportieren Sie beides als PKCS#12 und wählen Sie die Datei in den Eigenschaften aus.',
  'nm-type': 'Dies ist eine NetworkManager-Verbindung vom Typ {type}. Nur IKEv2 kann übernommen werden.',
  'nm-plugin':
    'Dies ist ein VPN des Plugins {plugin}. Nur solche von strongSwan und libreswan können übernommen werden.',
  'nm-method': 'Die Anmeldeart "{method}" ist nicht bekannt. Bekannt: eap, eap-tls, psk, cert.',
  'only-ikev2': 'Diese Verbindung verwendet IKEv1. Nur IKEv2 kann übernommen werden.',
  'only-tunnel-mode': 'Nur der Tunnelmodus kann übernommen werden.',
  'proposals-without': 'Übernommen als {value}; hier nicht angeboten: {left}.',
  'proposals-default': 'Die üblichen Algorithmen werden angeboten.',
  'proposals-none':
    'Hier nicht angeboten: {left}. Die üblichen Algorithmen werden angeboten; der Server muss einen davon annehmen.',
  'eap-only-unsafe':
    'Der Server würde sich allein durch diese EAP-Methode ausweisen, was ein Kennwort nicht sicher macht: Hier muss er ein Zertifikat zeigen.',
  'secret-of-others': 'Dieses Geheimnis gehört zu einer anderen Verbindung oder einem anderen Benutzer.',
  'first-certificate': 'Nur das erste Zertifikat wird übernommen: {file}.',
  'secret-not-text': 'Das Geheimnis ist kein Text, der hier aufbewahrt werden könnte. Es wird erfragt.',
  'secret-is-hash': 'Die Datei enthält nur einen Hash des Kennworts. Das Kennwort wird erfragt.',
  'key-missing': 'Der Schlüssel zu {file} wurde neben dem Profil nicht gefunden. Wählen Sie ihn aus.',
  'rounds-not-supported': 'Diese Anmelderunden werden nicht unterstützt, nur ein Zertifikat und danach EAP.',
  'psk-on-one-side':
    'Eine Seite würde sich mit einem gemeinsamen Geheimnis ausweisen und die andere auf andere Weise. Das wird nicht unterstützt.',
  'eap-not-supported': 'Die EAP-Methode {method} wird nicht unterstützt, nur mschapv2, tls, peap und ttls.',
  'conf-unreadable': 'Die Datei ist ab Zeile {line} nicht lesbar.',
  'only-includes': 'Die Datei bindet nur andere ein: {files}. Importieren Sie diese.',
  'no-server-address': 'Es enthält keine Adresse eines Servers: Dies ist die Seite des Servers oder eine Vorlage.',
  'only-esp': 'Nur ESP kann übernommen werden, nicht AH.',
  'include-not-read': 'Diese Datei wurde neben dem Profil nicht gefunden; was sie sagt, ist nicht bekannt.',
  'include-read': 'Als Teil der Datei gelesen.',
  'other-servers': 'Übernommen: Der Server wird auch unter diesen Adressen versucht: {value}.',
  'only-server-side': 'Das verwendet nur die Seite des Servers.',
  'selector-ports': 'Protokolle und Ports eines Netzes werden nicht verwendet: Das ganze Netz geht durch den Tunnel.',
  'bypass-not-taken': 'Dies ist kein Tunnel, sondern eine Regel für Pakete jenes Computers.',
  'past-the-tunnel': 'Übernommen: Diese Netze bleiben außerhalb des Tunnels.',
  'script-not-run': 'Ein Programm würde gestartet: {value}. Das geschieht nicht.',
  'ppk-not-supported':
    'Vorinstallierte Post-Quanten-Schlüssel (RFC 8784) werden nicht unterstützt. Ein Server, der einen verlangt, wird ablehnen.',
  'kernel-only': 'Das gibt es nur beim IPsec des Kernels.',
  'dpd-usual': '0 bedeutet dort nie; hier bleibt es beim üblichen Abstand.',
  'revocation-strict': 'Übernommen als strict: Ohne Antwort kommt keine Verbindung zustande.',
  'authorities-of-folder':
    'Die Datei nennt keine Zertifizierungsstelle: strongSwan vertraut denen in seinem eigenen Ordner. Hier wird denen dieses Computers vertraut; wenn die des Servers eine andere ist, wählen Sie deren Zertifikat aus.',
  'server-decides': 'Übernommen: Was der Server gewährt, geht durch den Tunnel.',
  'more-secrets': 'Weitere Geheimnisse anderer: {count}.',
  'issuer-by-name': 'Der Aussteller wird anhand seines Zertifikats geprüft, nicht anhand seines Namens.',
  'only-secrets': 'Dies sind die Geheimnisse einer ipsec.conf. Importieren Sie jene Datei und legen Sie diese daneben.',
  'tunnel-type': 'Der Tunneltyp {type} kann nicht übernommen werden, nur IKEv2 und Automatic.',
  'xml-unreadable': 'Das XML ist nicht lesbar.',
  'script-computes': 'Das würde das Skript berechnen. Tragen Sie es in den Eigenschaften ein.',
};
