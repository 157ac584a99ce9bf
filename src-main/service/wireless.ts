import type { WirelessNetwork } from '../api/contract';
import { ApiError } from '../api/service';

/** Wireless networks of this computer, as whoever manages them knows them. */
export interface Wireless {
  /** null: nobody manages them, or there is no wireless adapter. */
  readonly networks: readonly WirelessNetwork[] | null;
  onChange(listener: (networks: readonly WirelessNetwork[] | null) => void): void;
  /** Asks the adapters to look around. */
  scan(): void;
  /**
   * False: there is no such network any more, or it cannot be joined without a question. `automatically`: whether it is
   * joined by itself from
   * now on; null leaves that as it is.
   */
  connect(id: string, automatically: boolean | null): Promise<boolean>;
  /** False: there is no such adapter. */
  disconnect(adapter: string): Promise<boolean>;
  close(): void;
}

/**
 * Throws ApiError naming `field` where nobody manages the networks, where there is none such, and where the manager
 * refuses.
 */
export async function askWireless(
  wireless: Wireless | undefined,
  field: string,
  ask: (wireless: Wireless) => Promise<boolean>,
): Promise<void> {
  if (wireless === undefined || wireless.networks === null) throw new ApiError('refused', 'failure.no-network-manager');
  const done = await ask(wireless).catch((error: unknown) => {
    throw new ApiError('refused', 'failure.wireless-refused', field, {
      problem: error instanceof Error ? error.message : 'unknown',
    });
  });
  if (!done) throw new ApiError('not-found', 'failure.no-wireless-network', field);
}
