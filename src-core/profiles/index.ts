export * from './checks';
export { checkProfile } from './draft';
export type { CheckedProfile } from './draft';
export * from './effective-proposals';
export * from './export';
export * from './import';
export * from './import-report';
export type * from './profile';
export * from './store';
