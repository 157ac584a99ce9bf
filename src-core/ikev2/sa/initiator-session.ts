import { InitiatorHandshake } from '../exchanges/ike-auth-initiator';
import { parseProposals } from '../proposals/defaults';
import { hasAdditional } from '../proposals/proposal';
import type { IkePath, IkeSession, IkeSessionConfig, IkeSessionDependencies } from '../session';
import { SessionCore } from './session-core';

class InitiatorSession extends SessionCore {
  readonly #config: IkeSessionConfig;

  constructor(dependencies: IkeSessionDependencies, config: IkeSessionConfig) {
    super(dependencies, {
      role: 'initiator',
      // A second key exchange needs fragments for its large payloads.
      ikeProposals: parseProposals('ike', config.ikeProposals).filter(
        (proposal) => config.fragmentation || !hasAdditional(proposal),
      ),
      espProposals: parseProposals('esp', config.espProposals),
      mobike: config.mobike,
      livenessSeconds: config.livenessSeconds,
      ikeLifetimeSeconds: config.ikeLifetimeSeconds,
      childLifetimeSeconds: config.childLifetimeSeconds,
      natKeepaliveSeconds: config.natKeepaliveSeconds,
      retransmitBudgetMs: config.retransmitBudgetMs,
      isSpiFree: dependencies.isSpiFree,
    });
    this.#config = config;
  }

  override connect(path: IkePath, alternatives: readonly IkePath[]): void {
    if (this.state !== 'idle') throw new Error('a session connects once');
    const handshake = new InitiatorHandshake(this, this.#config);
    this.handshake = handshake;
    this.beginConnecting();
    handshake.start(path, alternatives);
  }
}

/**
 * The client's side of one connection. Throws a ProposalError for proposals that cannot be read; everything later comes
 * as events.
 */
export function createInitiatorSession(dependencies: IkeSessionDependencies, config: IkeSessionConfig): IkeSession {
  return new InitiatorSession(dependencies, config);
}
