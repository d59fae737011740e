import type { Funding, FundedBase, FundingTerms } from './state.ts';

/** The one funding, for all that does not handle several yet: closing, our commitment for the chain, commitment_signed without a batch. */
export function onlyFunding({ fundings }: Pick<FundedBase, 'fundings'>): Funding {
  return fundings[0] as Funding;
}

/** What a judgement finds wrong with some funding: each must keep every limit. */
export function brokenBySome<T>(fundings: readonly Funding[], judge: (terms: FundingTerms) => T | undefined): T | undefined {
  for (const { output } of fundings) {
    const broken = judge(output);
    if (broken !== undefined) return broken;
  }
  return undefined;
}
