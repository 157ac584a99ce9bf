import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/**
 * Who may talk to the browser host: a one-time token, shown only to the person who started it, is exchanged once
 * for a session that lives in an HttpOnly cookie. Only hashes are kept.
 */
export interface Sessions {
  /** 256 random bits, good for one `redeem`. */
  issueToken(): string;
  /** The new session's identifier; null when the token is unknown or was used. */
  redeem(token: string): string | null;
  accepts(session: string): boolean;
}

export function createSessions(): Sessions {
  const tokens: Buffer[] = [];
  const sessions: Buffer[] = [];
  // Compared as hashes in constant time: neither length nor position of a difference shows.
  const indexIn = (list: readonly Buffer[], text: string): number => {
    const wanted = digest(text);
    return list.findIndex((known) => timingSafeEqual(known, wanted));
  };
  const issue = (list: Buffer[]): string => {
    const value = randomBytes(32).toString('base64url');
    list.push(digest(value));
    return value;
  };
  return {
    issueToken: () => issue(tokens),
    redeem: (token) => {
      const index = indexIn(tokens, token);
      if (index < 0) return null;
      tokens.splice(index, 1);
      return issue(sessions);
    },
    accepts: (session) => indexIn(sessions, session) >= 0,
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
