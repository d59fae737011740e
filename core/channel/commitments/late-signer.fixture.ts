import type { Side } from '../../transactions/types.ts';
import type { Duo } from '../duo.fixture.ts';
import type { Duty } from '../model/duties.ts';
import type { ChannelOutput } from '../model/channel-vocabulary.ts';
import { answerTo, lateSigner } from './late-signer.ts';
import type { Signer } from './signer.ts';

/** The methods that leave a duty of each kind. */
const METHODS: Readonly<Record<Duty['kind'], keyof Signer>> = {
  sign_remote: 'signRemoteCommitment',
  reveal: 'revealSecret',
  sign_own: 'signOwnCommitment',
  sign_closing: 'signClosing',
  sign_announcement: 'signAnnouncement',
  sign_update: 'signUpdate',
};

/** Makes the signer of one end answer later, to all duties or to those of one kind. */
export function makeLate(duo: Duo, side: Side, kind?: Duty['kind']) {
  const end = duo.ends[side];
  const { signer } = end.env;
  const late = lateSigner(signer);
  end.env = { ...end.env, signer: kind === undefined ? late : { ...signer, [METHODS[kind]]: late[METHODS[kind]] } };
  let answered = 0;
  const asked = (): readonly Duty[] => end.log.flatMap((effect) => (effect.kind === 'sign' ? [effect.duty] : [])).slice(answered);
  return {
    /** What it was asked and has not answered, oldest first. */
    asked,
    /** Never answers the oldest. */
    skip: () => void answered++,
    /** Answers the oldest. */
    answer(): readonly ChannelOutput[] {
      const [duty] = asked();
      if (duty === undefined) throw new Error('the signer was asked nothing');
      answered++;
      const answer = answerTo(signer, duty);
      return answer === undefined ? [] : duo.input(side, { kind: 'signed', answer });
    },
  };
}
