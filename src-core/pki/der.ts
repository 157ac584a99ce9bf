export * from './der-reader';
export * from './der-writer';
