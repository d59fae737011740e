import { describe, expect, it } from 'vitest';
import { claimVersion, fromHexLines, hexLines } from '../wire/stored.fixture.ts';
import { decodeWatcher, encodeWatcher, WATCHER_VERSION } from './stored-form.ts';
import { createWatcher } from './watcher.ts';
import type { WatcherState } from './watcher-vocabulary.ts';
import { Watching } from './watching.fixture.ts';

/** A watcher at each turn of its life: its bytes lie in corpus/stored/watcher-<version>, for as long as that version is read. */
const STATES: Readonly<Record<string, () => WatcherState>> = {
  new: () => createWatcher(new Watching('anchors').chain.tip),
  'watching-an-htlc': () => {
    const w = new Watching('anchors');
    w.pay('opener', 1);
    return w.ends.opener.state;
  },
  'claiming-with-coins': () => {
    const w = new Watching('anchors');
    w.pay('opener', 1);
    w.pay('accepter', 2);
    w.learn('opener', 0n, 2);
    w.fail('opener');
    w.mine();
    w.skipTo(301);
    return w.ends.opener.state;
  },
  'waiting-for-a-signature': () => {
    const w = new Watching('static_remotekey');
    const { opener } = w.ends;
    opener.env = { ...opener.env, signer: { signClaim: () => undefined } };
    w.confirm('accepter');
    return opener.state;
  },
  'punishing-and-told': () => {
    const w = new Watching('static_remotekey');
    w.pay('opener', 1);
    const cheater = w.cheater('accepter');
    w.pay('opener', 2);
    w.ends.opener.awake = false;
    w.cheat(cheater);
    w.mineTo(w.chain.height + 6);
    w.ends.opener.input({ kind: 'acknowledged', id: 1 });
    return w.ends.opener.state;
  },
};

describe('stored watchers', () => {
  it.each(Object.entries(STATES))('that are %s keep their bytes, and are read back', (name, make) => {
    const state = make();
    const text = hexLines(encodeWatcher(state));
    const decoded = decodeWatcher(fromHexLines(text));
    expect(decoded.ok && hexLines(encodeWatcher(decoded.value))).toBe(text);
    expect(decoded).toMatchObject({ ok: true, value: { learned: state.learned, view: state.view, acts: state.acts } });
    // A new form is a new version: then `npx vitest run core/monitor/stored-form -u` writes its folder.
    return expect(text).toMatchFileSnapshot(`../../corpus/stored/watcher-${WATCHER_VERSION}/${name}.hex`);
  });

  it.each([0, WATCHER_VERSION + 1, 0xffff])('of form %i are refused by name', (version) => {
    const bytes = encodeWatcher(createWatcher(new Watching('anchors').chain.tip));
    claimVersion(bytes, version);
    expect(decodeWatcher(bytes)).toMatchObject({
      ok: false,
      error: { field: 'version', detail: `written in form ${version} of a watcher's state, this release reads form ${WATCHER_VERSION}` },
    });
  });

  it('that are cut short, or have bytes behind them, are refused', () => {
    const bytes = encodeWatcher(createWatcher(new Watching('anchors').chain.tip));
    expect(decodeWatcher(Uint8Array.of(...bytes, 0))).toMatchObject({ ok: false, error: { kind: 'trailing' } });
    expect(decodeWatcher(bytes.subarray(0, -1)).ok).toBe(false);
  });
});
