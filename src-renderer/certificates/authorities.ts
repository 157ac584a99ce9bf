import type { CertificateSummary } from '../../src-main/api/contract';
import { request } from '../store';
import { toBase64 } from '../widgets/save-file';

const largest = 1024 * 1024;

/** One authority of a profile: its text as the profile holds it, and what it says; null: it cannot be read. */
export interface Authority {
  readonly text: string;
  readonly certificate: CertificateSummary | null;
}

/** What the service reads in the authorities of a profile, in their order. */
export async function readAuthorities(texts: readonly string[]): Promise<readonly Authority[]> {
  return Promise.all(
    texts.map(async (text): Promise<Authority> => {
      const contentBase64 = text.includes('-----BEGIN ')
        ? toBase64(new TextEncoder().encode(text))
        : text.replace(/\s+/g, '');
      const result = await request('inspectCertificates', { contentBase64 });
      return { text, certificate: result.ok ? (result.value.certificates[0] ?? null) : null };
    }),
  );
}

/** A file that the person chose, when there is a certificate in it; a refusal is shown by `request`. */
export async function addedAuthority(file: File): Promise<Authority | null> {
  if (file.size > largest) return null;
  const content = new Uint8Array(await file.arrayBuffer());
  const result = await request('inspectCertificates', { contentBase64: toBase64(content) });
  if (!result.ok) return null;
  const text = new TextDecoder('latin1').decode(content);
  return {
    text: text.includes('-----BEGIN ') ? text : toBase64(content),
    certificate: result.value.certificates[0] ?? null,
  };
}
