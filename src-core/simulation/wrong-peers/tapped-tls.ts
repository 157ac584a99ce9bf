import type { TlsClientOptions, TlsEngine, TlsServerOptions, TlsSession, TlsStep } from '../../ports/tls';

/** What went on in one TLS session, seen from inside of it. */
export interface TlsNotes {
  readonly role: 'client' | 'server';
  /** Plaintext this end put into the session. */
  readonly written: Uint8Array[];
  /** Plaintext this end took out of it. */
  readonly read: Uint8Array[];
  /** A client: the server's certificates were judged good. */
  judgedGood: boolean;
  /** The handshake was done at this end. */
  opened: boolean;
  /** The other end's certificates, as far as this end saw them; DER. */
  peerCertificates: readonly Uint8Array[];
}

/** A TLS engine that writes down the plaintext of its sessions. Nothing else is changed. */
export class TappedTls implements TlsEngine {
  readonly sessions: TlsNotes[] = [];
  readonly #engine: TlsEngine;

  constructor(engine: TlsEngine) {
    this.#engine = engine;
  }

  open(options: TlsClientOptions | TlsServerOptions): TlsSession {
    const notes: TlsNotes = {
      role: options.role,
      written: [],
      read: [],
      judgedGood: false,
      opened: false,
      peerCertificates: [],
    };
    this.sessions.push(notes);
    const session = this.#engine.open(options);
    const note = (step: TlsStep): TlsStep => {
      notes.opened ||= step.state === 'open';
      if (step.application.length > 0) notes.read.push(step.application.slice());
      const shown = session.peerCertificates();
      if (shown.length > 0) notes.peerCertificates = shown;
      return step;
    };
    return {
      receive: (records) => note(session.receive(records)),
      verified: (accept) => {
        notes.judgedGood = accept;
        return note(session.verified(accept));
      },
      write: (data) => {
        notes.written.push(data.slice());
        return note(session.write(data));
      },
      peerCertificates: () => session.peerCertificates(),
      ocspResponses: () => session.ocspResponses(),
      wantedAuthorities: () => session.wantedAuthorities(),
      exportKey: (label, context, length) => session.exportKey(label, context, length),
      get version() {
        return session.version;
      },
      get cipher() {
        return session.cipher;
      },
      get resumed() {
        return session.resumed;
      },
      get resumable() {
        return session.resumable;
      },
      close: () => session.close(),
    };
  }
}
