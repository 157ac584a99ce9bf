import type { Element } from '@xmldom/xmldom';
import { childrenOf, elementsOf, firstOf, textOf } from './xml';
import { noEapSettings, type WindowsEapSettings } from './eap-settings';

/** What an EapHostConfig says of the method; null: it names none. */
export function readEapHostConfig(root: Element): WindowsEapSettings | null {
  const method = firstOf(root, 'EapMethod');
  const type = Number(method === null ? '' : textOf(firstOf(method, 'Type')));
  if (!Number.isInteger(type) || type <= 0) return null;
  // The first one is that of the outer method, whose channel the name and the roots are for.
  const validation = firstOf(root, 'ServerValidation');
  const flag = (name: string): boolean | null => {
    const text = textOf(firstOf(root, name)).toLowerCase();
    return text === '' ? null : text === 'true' || text === '1';
  };
  const inner = elementsOf(root, 'Eap')
    .map((eap) => childrenOf(eap).find((child) => child.localName === 'Type'))
    .map((element) => Number(textOf(element ?? null)))
    .filter((number) => number > 0);
  const roots = (
    validation === null
      ? []
      : [...elementsOf(validation, 'TrustedRootCA'), ...elementsOf(validation, 'TrustedRootCAHash')]
  )
    .map((element) => textOf(element).replaceAll(/\s+/g, '').toLowerCase())
    .filter((sha1) => /^[0-9a-f]{40}$/.test(sha1));
  const names = validation === null ? '' : textOf(firstOf(validation, 'ServerNames'));
  const phase2 = firstOf(root, 'Phase2Authentication');
  return {
    ...noEapSettings,
    type,
    innerType: type === 25 ? (inner.find((number) => number !== 25) ?? null) : null,
    ttlsInner: phase2 === null ? null : firstOf(phase2, 'PAPAuthentication') !== null ? 'pap' : 'mschapv2',
    serverNames: names === '' ? null : names,
    roots: [...new Set(roots)],
    validatesCertificate: flag('PerformServerValidation') ?? true,
    validatesName: flag('AcceptServerName') ?? true,
    fastReconnect: flag('FastReconnect'),
    requireCryptobinding: flag('RequireCryptoBinding'),
    anonymousIdentity: textOf(firstOf(root, 'AnonymousUserName')) || null,
    windowsLogon: flag('UseWinLogonCredentials') ?? false,
    smartCard: firstOf(root, 'SmartCard') !== null,
  };
}
