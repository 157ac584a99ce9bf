import type { AlgorithmProposal } from '../proposals/proposal';

export interface SessionSettings {
  readonly role: 'initiator' | 'responder';
  readonly ikeProposals: readonly AlgorithmProposal[];
  readonly espProposals: readonly AlgorithmProposal[];
  readonly mobike: boolean;
  readonly livenessSeconds: number;
  readonly ikeLifetimeSeconds: number;
  readonly childLifetimeSeconds: number;
  /** null: no NAT keepalives (a gateway is not behind a NAT). */
  readonly natKeepaliveSeconds: number | null;
  readonly retransmitBudgetMs: number;
  readonly isSpiFree: ((spi: number) => boolean) | undefined;
}

export type SessionState = 'idle' | 'connecting' | 'established' | 'closing' | 'ended';
