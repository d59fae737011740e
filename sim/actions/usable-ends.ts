import { isClosed } from '../../core/channel/model/ending.ts';
import type { FundedState } from '../../core/channel/model/state.ts';
import { showsNone } from '../world/channel-changes.ts';
import type { ChannelInfo } from '../scenario/types.ts';
import type { World } from '../world/world.ts';

/** One end of a channel that may carry payments. */
export interface UsableEnd {
  readonly node: string;
  readonly info: ChannelInfo;
  readonly state: FundedState;
}

/** The same where a driver need not show its state: `state` is undefined then, and usable what its host was told is. */
export interface TalkingEnd {
  readonly node: string;
  readonly info: ChannelInfo;
  readonly state: FundedState | undefined;
}

/** Whether the channel carries payments at a node that shows no states: as it shows, or as its host was told. */
export function saysUsable(world: World, node: string, channel: string): boolean {
  if (!showsNone(world, node)) return false;
  const driver = world.driver(node);
  if (driver?.view === undefined) return world.heard(node, channel) === 'usable';
  const id = world.idOf(channel);
  return id !== undefined && driver.view(id)?.usable === true;
}

/** Every end that is open for updates, as its driver shows or its host was told, in the order of the world. */
export function talkingEnds(world: World): TalkingEnd[] {
  const shown = usableEnds(world);
  if (world.nodeNames.every((node) => !showsNone(world, node))) return shown;
  return world.channels.flatMap((info) =>
    [info.opener, info.accepter].flatMap((node): TalkingEnd[] => {
      if (saysUsable(world, node, info.name)) return [{ node, info, state: undefined }];
      return shown.filter((end) => end.node === node && end.info === info);
    }),
  );
}

/** Ends of channels that are open for updates, in the order of the world. */
export function usableEnds(world: World): UsableEnd[] {
  return readyEnds(world).filter(({ state }) => state.closing.sent === undefined);
}

/** Also those that are closing. */
export function readyEnds(world: World): UsableEnd[] {
  const out: UsableEnd[] = [];
  for (const info of world.channels) {
    for (const node of [info.opener, info.accepter]) {
      const state = world.channelState(node, info.name);
      if (state?.phase === 'funded' && state.lifecycle.readySent && state.lifecycle.readyReceived && !isClosed(state))
        out.push({ node, info, state });
    }
  }
  return out;
}

/** The first of prefix1, prefix2, … that is not taken. */
export function freshName(prefix: string, taken: (name: string) => boolean, from: number): string {
  for (let n = from; ; n++) if (!taken(`${prefix}${n}`)) return `${prefix}${n}`;
}
