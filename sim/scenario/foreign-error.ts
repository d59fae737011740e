/** Somebody else's implementation has thrown, or given up: a finding of its own kind, which ends its world and no other. */
export class ForeignError extends Error {
  override readonly name = 'ForeignError';
  /** Where, in its own words or as what it was told. */
  readonly place: string;

  constructor(place: string, message: string, cause: unknown) {
    super(message, { cause });
    this.place = place;
  }
}
