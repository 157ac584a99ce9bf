export * from './virtual-clock';
export * from './seeded-random';
export * from './simulated-network';
export * from './recording-data-path';
export * from './two-ends';
export * from './test-credentials';
export * from './mailbox';
export * from './puppet-gateway';
