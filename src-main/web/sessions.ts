import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Both halves of a session. Each alone opens nothing that matters. */
export interface SessionSecret {
  /**
   * In an HttpOnly cookie. Browsers send it to every port of the address: another program that listens there may see
   * it.
   */
  readonly cookie: string;
  /** In the page's own storage, which belongs to the origin with its port. */
  readonly key: string;
}

/**
 * Who may talk to the browser host: a one-time token, shown only to the person who started it, is exchanged once
 * for a session of two halves. Only hashes are kept.
 */
export interface Sessions {
  /** 256 random bits, good for one `redeem`. */
  issueToken(): string;
  /** The new session; null when the token is unknown or was used. */
  redeem(token: string): SessionSecret | null;
  /** For the page's files, which are nobody's secret. */
  acceptsCookie(cookie: string): boolean;
  /** For the contract. */
  accepts(secret: SessionSecret): boolean;
}

export function createSessions(): Sessions {
  const tokens: Buffer[] = [];
  const sessions: { readonly cookie: Buffer; readonly key: Buffer }[] = [];
  const fresh = (): string => randomBytes(32).toString('base64url');
  // Compared as hashes in constant time: neither length nor position of a difference shows.
  const same = (known: Buffer, text: string): boolean => timingSafeEqual(known, digest(text));
  return {
    issueToken: () => {
      const token = fresh();
      tokens.push(digest(token));
      return token;
    },
    redeem: (token) => {
      const index = tokens.findIndex((known) => same(known, token));
      if (index < 0) return null;
      tokens.splice(index, 1);
      const secret: SessionSecret = { cookie: fresh(), key: fresh() };
      sessions.push({ cookie: digest(secret.cookie), key: digest(secret.key) });
      return secret;
    },
    acceptsCookie: (cookie) => sessions.some((known) => same(known.cookie, cookie)),
    accepts: ({ cookie, key }) => sessions.some((known) => same(known.cookie, cookie) && same(known.key, key)),
  };
}

/** The value of one cookie in a Cookie header. */
export function readCookie(header: string | undefined, name: string): string | null {
  for (const part of (header ?? '').split(';')) {
    const at = part.indexOf('=');
    if (at > 0 && part.slice(0, at).trim() === name) return part.slice(at + 1).trim();
  }
  return null;
}
