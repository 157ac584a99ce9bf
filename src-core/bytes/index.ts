export * from './decode-error';
export * from './reader';
export * from './writer';
export * from './octets';
export * from './text';
export * from './ip-address';
