import { describe, expect, it } from 'vitest';
import type { Tx } from '../../bitcoin/tx.ts';
import { claimVersion, fromHexLines, hexLines } from '../../wire/stored.fixture.ts';
import { addCommand, fulfill } from '../updates.fixture.ts';
import { Duo, P2WPKH_A } from '../duo.fixture.ts';
import type { StoredChannel } from './state.ts';
import { decodeChannel, encodeChannel, VERSION } from './stored-form.ts';

/** A channel in each phase of its life: its bytes lie in corpus/stored/<version>, for as long as that version is read. */
const STATES: Readonly<Record<string, () => Duo>> = {
  'waiting-for-funds': () => {
    const duo = new Duo();
    duo.fund();
    return duo;
  },
  open: () => new Duo().open(),
  'htlc-in-flight': () => {
    const duo = new Duo().open();
    duo.command('opener', addCommand(duo, 1));
    duo.exchange();
    return duo;
  },
  'htlc-fulfilled-unsigned': () => {
    const duo = new Duo({ accepter: { commit: 'manual' } }).open();
    duo.command('opener', addCommand(duo, 1));
    duo.exchange();
    duo.command('accepter', { kind: 'commit', channelId: duo.channelId });
    duo.exchange();
    fulfill(duo, 'accepter', 0n, 1);
    duo.exchange();
    return duo;
  },
  closing: () => {
    const duo = new Duo().open();
    duo.command('opener', { kind: 'shutdown', channelId: duo.channelId, script: P2WPKH_A });
    duo.exchange();
    return duo;
  },
  closed: () => {
    const duo = new Duo().open();
    for (const side of ['opener', 'accepter'] as const) duo.command(side, { kind: 'shutdown', channelId: duo.channelId, script: P2WPKH_A });
    duo.exchange();
    duo.block([duo.funded('opener').closing.tx as Tx]);
    return duo;
  },
  failed: () => {
    const duo = new Duo({ command: { format: 'static_remotekey' } }).open();
    duo.command('opener', addCommand(duo, 1));
    duo.exchange();
    duo.command('accepter', { kind: 'force_close', channelId: duo.channelId });
    return duo;
  },
};

describe('stored states', () => {
  it.each(Object.entries(STATES))('of a channel that is %s keep their bytes, and are read back', (name, make) => {
    const state = make().ends.accepter.state as StoredChannel;
    const text = hexLines(encodeChannel(state));
    expect(decodeChannel(fromHexLines(text))).toEqual({ ok: true, value: state });
    // A new form is a new version: then `npx vitest run core/channel/model/golden -u` writes its folder.
    return expect(text).toMatchFileSnapshot(`../../../corpus/stored/${VERSION}/${name}.hex`);
  });

  it.each([0, 1, 2, 3, VERSION - 1, VERSION + 1, 0xffff])('of form %i are refused by name', (version) => {
    const bytes = encodeChannel(new Duo().open().funded('opener'));
    claimVersion(bytes, version);
    expect(decodeChannel(bytes)).toMatchObject({
      ok: false,
      error: { field: 'version', detail: `written in form ${version} of a channel's state, this release reads form ${VERSION}` },
    });
  });
});
