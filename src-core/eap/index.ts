export * from './eap-peer';
export * from './eap-server';
export * from './identity';
export * from './method';
export * from './packet';
export { ntPasswordHash, utf16 } from './mschapv2/computations';
export * from './mschapv2/peer';
export * from './mschapv2/server';
