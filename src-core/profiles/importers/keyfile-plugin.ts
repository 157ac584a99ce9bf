import type { FileResolver } from '../import-report';
import type { DraftBuilder } from './draft-builder';
import type { GivenKey, KeyTable } from './key-table';
import type { SectionEntry } from './sections';

/** What a VPN plugin of NetworkManager makes of `[vpn]` and `[vpn-secrets]`. */

export interface Keyfile {
  readonly draft: DraftBuilder;
  readonly vpn: ReadonlyMap<string, SectionEntry>;
  readonly secrets: ReadonlyMap<string, SectionEntry>;
  readonly files: FileResolver;
}

export interface GivenVpnKey extends GivenKey {
  readonly keyfile: Keyfile;
}

export interface Plugin {
  readonly table: KeyTable<GivenVpnKey>;
  readonly secretTable: KeyTable<GivenVpnKey>;
  /** What several keys say together: the way to sign in, its certificates and secrets. */
  readonly readMethod: (keyfile: Keyfile) => Promise<void>;
}

export const vpnValue = ({ vpn }: Keyfile, key: string): string => vpn.get(key)?.value.trim() ?? '';
