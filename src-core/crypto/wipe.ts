/** Overwrites secrets with zeros. Copies that the runtime or OpenSSL made are out of reach. */
export function wipe(...secrets: readonly (Uint8Array | null | undefined)[]): void {
  for (const secret of secrets) secret?.fill(0);
}
