import type { WirelessNetwork } from '../api/contract';

/** Wireless networks of this computer, as whoever manages them knows them. */
export interface Wireless {
  /** null: nobody manages them, or there is no wireless adapter. */
  readonly networks: readonly WirelessNetwork[] | null;
  onChange(listener: (networks: readonly WirelessNetwork[] | null) => void): void;
  /** Asks the adapters to look around. */
  scan(): void;
  /** False: there is no such network any more, or it cannot be joined without a question. */
  connect(id: string): Promise<boolean>;
  /** False: there is no such adapter. */
  disconnect(adapter: string): Promise<boolean>;
  close(): void;
}
