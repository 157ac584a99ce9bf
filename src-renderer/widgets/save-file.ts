/** Lets the person save a file. A page may do that without any permission: a link to a blob, clicked. */
export function saveFile(name: string, content: Blob): void {
  const address = URL.createObjectURL(content);
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  // The download has its own reference once the click is handled.
  window.setTimeout(() => URL.revokeObjectURL(address), 0);
}

/** Octets to base64 and back, for the contract's file contents. */
export function toBase64(content: Uint8Array): string {
  let text = '';
  for (let at = 0; at < content.length; at += 8192) text += String.fromCharCode(...content.subarray(at, at + 8192));
  return btoa(text);
}

export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

const largestCertificate = 256 * 1024;

/** A certificate file as the profile holds it: PEM as it is, anything else as base64. */
export async function readCertificateFile(file: File | undefined): Promise<string> {
  if (file === undefined || file.size > largestCertificate) return '';
  const content = new Uint8Array(await file.arrayBuffer());
  const text = new TextDecoder('latin1').decode(content);
  return text.includes('-----BEGIN ') ? text : toBase64(content);
}
