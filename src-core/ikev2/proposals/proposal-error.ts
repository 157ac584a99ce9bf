/** A proposal keyword that cannot be used. `keyword` is the whole text, `token` the part that is wrong. */
export class ProposalError extends Error {
  readonly keyword: string;
  readonly token: string | null;

  constructor(keyword: string, token: string | null, message: string) {
    super(`proposal "${keyword}": ${message}`);
    this.name = 'ProposalError';
    this.keyword = keyword;
    this.token = token;
  }
}
