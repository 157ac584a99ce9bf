export type * from './clock';
export type * from './random';
export type * from './datagrams';
export type * from './adapters';
export type * from './data-path';
export type * from './network-settings';
export type * from './secrets';
export type * from './trace';
export * from './vpn-error';
