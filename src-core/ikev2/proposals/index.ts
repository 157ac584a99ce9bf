export * from './defaults';
export * from './keywords';
export * from './negotiation';
export * from './proposal';
export * from './proposal-error';
export * from './suites';
