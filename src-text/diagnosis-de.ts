import type { DiagnosisCatalogue } from './diagnosis-catalogue';

/** German. A finding, phrase or piece of advice without its sentence does not compile. */
export const diagnosisDe: DiagnosisCatalogue = {
  findings: {
    error: '{error}',
    'error-detail': '{error} ({detail})',
    stopped: 'Angehalten.',
    'not-reached': 'Nicht erreicht: Ein früherer Schritt ist fehlgeschlagen.',
    'name-is-address': '{server} ist eine Adresse; es muss kein Name aufgelöst werden.',
    'name-found': '{server} ist {addresses}.',
    'name-not-found': 'Der Name {server} wurde nicht gefunden.',
    'no-way': 'Kein Netzwerkadapter erreicht den Server: {reasons}.',
    'port-only': 'Diese Verbindung verwendet nur den UDP-Port {port}.',
    'port-answers': 'Der Server antwortet auf UDP-Port {port} über {ways}.',
    'port-answers-partly': 'Der Server antwortet auf UDP-Port {port} über {ways}. Nicht über {silent}.',
    'port-silent': 'Der Server antwortet auf UDP-Port {port} nicht über {silent}.',
    'settings-unreadable':
      'Die Verschlüsselungseinstellungen dieser Verbindung sind nicht lesbar. Berichtigen Sie sie in den erweiterten Eigenschaften.',
    'settings-agreed': 'Der Server und diese Verbindung sind sich über die Verschlüsselung einig.',
    'large-pass':
      'Große Nachrichten kommen durch: gesendet {sent}, empfangen {received}. Auch IP-Fragmente kommen durch.',
    'large-pass-dropped-parts':
      'Große Nachrichten kommen durch: gesendet {sent}, empfangen {received}. Dieses Netzwerk verwirft IP-Fragmente; die IKE-Fragmentierung (RFC 7383) kommt ohne sie aus.',
    'large-pass-dropped':
      'Große Nachrichten kommen durch: gesendet {sent}, empfangen {received}. Dieses Netzwerk verwirft IP-Fragmente der Größe, die eine lange Zertifikatkette braucht.',
    'large-lost': 'Kleine Nachrichten kommen durch, die Anmeldung ({sent}) wird nicht beantwortet.',
    'large-lost-dropped':
      'Kleine Nachrichten kommen durch, die Anmeldung ({sent}) wird nicht beantwortet. Dieses Netzwerk verwirft IP-Fragmente.',
    'certificate-none': 'Beide Seiten weisen sich mit dem vorinstallierten Schlüssel aus; es gibt kein Zertifikat.',
    'server-proved-key': 'Der Server hat sich mit seinem Schlüssel ausgewiesen.',
    'server-proved': 'Der Server hat sich ausgewiesen: {names}, ausgestellt von {issuer}, gültig bis {until}.',
    'signed-in': 'Angemeldet mit {method}.',
    'sign-in-accepted': 'Der Server hat die Anmeldung angenommen.',
    'addresses-given': 'Der Server hat {addresses} vergeben.',
    'traffic-answered': '{address} hat durch den Tunnel nach {milliseconds} ms geantwortet.',
    'traffic-nobody':
      'Der Server hält die Verbindung aufrecht. Er nennt niemanden im Inneren, der um eine Antwort gebeten werden könnte.',
    'traffic-server-silent': 'Der Server antwortet nicht mehr.',
    'traffic-silent': 'Der Tunnel steht; durch ihn kam keine Antwort von {targets}.',
    'traffic-all-silent':
      'Der Tunnel steht, aber der Server antwortet nicht mehr; durch den Tunnel kam keine Antwort von {targets}.',
    'up-settings': 'Diese Verbindung besteht mit {ike} und {child}.',
    'up-large': 'Diese Verbindung besteht: Ihre großen Nachrichten kamen durch.',
    'up-certificate': 'Diese Verbindung besteht: Der Server hat sich ausgewiesen.',
    'up-signed-in': 'Diese Verbindung besteht: angemeldet mit {method}.',
    'up-addresses': 'Dieser Computer hat im Inneren {addresses}.',
    'up-waiting': 'Im Moment kommt nichts durch: {why}.',
    'up-traffic': 'Bisher kamen {octets} Oktette durch den Tunnel; er verlässt diesen Computer über {adapter}.',
    'up-nothing-sent': 'Durch den Tunnel wurde noch nichts gesendet.',
    'up-nothing-back': 'Pakete gehen hinaus, keines kam zurück.',
  },
  phrases: {
    way: '{label} ({address})',
    'way-answered': '{label} ({address}) in {milliseconds} ms',
    'way-failed': '{label} ({address}): {code}',
    'adapter-why': '{label}: {why}',
    ready: 'bereit',
    'adapter-down': 'Adapter ist aus',
    'no-carrier': 'kein Kabel oder Signal',
    'no-address': 'keine Adresse',
    'address-not-ready': 'Adresse noch nicht bereit',
    'link-local-only': 'nur eine verbindungslokale Adresse',
    'no-route': 'kein Weg zum Server',
    'socket-opening': 'wird vorbereitet',
    'socket-failed': 'kein Socket ließ sich öffnen',
    'gateway-withdrew-address': 'der Server hat diese Adresse zurückgezogen',
    'mobility-off': 'Mobilität ist ausgeschaltet',
    'no-adapter-at-all': 'kein Netzwerkadapter',
    'no-socket': 'kein Socket lässt sich öffnen',
    'in-parts': '{count} Teile von höchstens {octets} Oktetten',
    whole: 'höchstens {octets} Oktette',
    'agreed-settings': 'vereinbarten Einstellungen',
    'agreed-method': 'einem vereinbarten Verfahren',
    'some-adapter': 'einen Adapter',
    'waiting-no-adapter': 'kein Netzwerkadapter ist verbunden',
    'waiting-no-route': 'kein Adapter hat einen Weg zum Server',
    'waiting-no-answer': 'der Server antwortet nicht',
    'waiting-captive-portal': 'dieses Netzwerk verlangt eine Anmeldung im Browser',
    'waiting-no-internet': 'dieses Netzwerk hat keinen Internetzugang',
    'waiting-mobility-off': 'ihr Adapter ist weg und Mobilität ist ausgeschaltet',
    'waiting-network': 'das Netzwerk ist weg',
  },
  advice: {
    'check-name':
      'Prüfen Sie die Schreibweise des Servers in den Eigenschaften und ob dieser Computer mit einem Netzwerk verbunden ist. Manche Namen sind nur innerhalb einer Firma bekannt.',
    'join-network': 'Stecken Sie ein Kabel ein, oder verbinden Sie sich mit einem Drahtlosnetzwerk.',
    'blocked-by-one-network':
      'Der Tunnel kann nicht auf einen Adapter wechseln, dessen Netzwerk den Server sperrt. Verwenden Sie dieses Netzwerk für anderes, oder fragen Sie dessen Betreiber.',
    'port-500-not-needed': 'Für diese Verbindung genügt UDP-Port 4500. Es ist nichts zu tun.',
    'let-4500-through':
      'UDP-Port 4500 trägt den Tunnel hinter Routern und beim Wechsel des Adapters. Bitten Sie den Betreiber dieses Netzwerks oder des Servers, UDP-Port 4500 durchzulassen.',
    'try-another-network':
      'Dieses Netzwerk oder die Firewall des Servers sperrt VPN-Verbindungen, oder der Server läuft nicht. Versuchen Sie ein anderes Netzwerk, zum Beispiel das eines Telefons; geht es dort, sperrt dieses Netzwerk.',
    'longer-certificate':
      'So funktioniert es. Sollte der Server ein längeres Zertifikat bekommen, schalten Sie die IKE-Fragmentierung in den erweiterten Eigenschaften und auf dem Server ein.',
    'ask-for-ike-auth':
      'Fragen Sie den Administrator des Servers, ob IKE_AUTH dort ankam; eine Firewall unterwegs verwirft vielleicht große Pakete oder sperrt UDP-Port 4500.',
    fragmentation:
      'Versuchen Sie ein anderes Netzwerk, oder schalten Sie die IKE-Fragmentierung in den erweiterten Eigenschaften und auf dem Server ein.',
    'compare-settings':
      'Vergleichen Sie die Verschlüsselungseinstellungen in den erweiterten Eigenschaften mit denen des Servers. Ein alter Windows-Server braucht „Windows Server, ungehärtet“.',
    'do-not-go-on':
      'Fahren Sie nur fort, wenn Sie den Grund kennen. Die Einzelheiten nennen die genaue Prüfung: Datum, Name, Zertifizierungsstelle oder Verwendung des Zertifikats. Wählen Sie in den Eigenschaften die richtige Zertifizierungsstelle oder den richtigen Namen, oder verständigen Sie den Administrator.',
    'answer-password': 'Beginnen Sie erneut, und beantworten Sie die Frage nach dem Kennwort, oder speichern Sie es.',
    'check-credentials':
      'Prüfen Sie Benutzername, Kennwort oder Zertifikat dieser Verbindung; wenn sie stimmen, findet der Administrator den Grund im Protokoll des Servers.',
    'ask-for-addresses':
      'Fragen Sie den Administrator des Servers: Sein Adressbereich oder die Netzwerke, die er zulässt, passen nicht zu diesem Konto.',
    'send-log': 'Speichern Sie das IKEv2-Protokoll, und senden Sie es dem Administrator des Servers.',
    'start-again': 'Starten Sie die Untersuchung erneut.',
    'hosts-may-ignore':
      'Diese Computer beantworten solche Fragen vielleicht nicht. Ist im Inneren nichts erreichbar, fragen Sie den Administrator, ob der Server weiterleitet und durchlässt, was von Ihrer Adresse kommt.',
    'ask-for-routes':
      'Fragen Sie den Administrator, ob der Server weiterleitet und durchlässt, was von Ihrer Adresse kommt.',
    'goes-on-by-itself': 'Der Tunnel bleibt erhalten und läuft von selbst weiter, wenn wieder ein Netzwerk da ist.',
  },
};
