import type { ChannelView, Driver, DriverContext, DriverEffect, DriverFactory } from '../scenario/types.ts';
import { fulguriteDriver } from './fulgurite.ts';

/** What a driver must have, and nothing else: neither states nor copies nor a transport, and no disk. */
export function stripped(create: DriverFactory = fulguriteDriver): DriverFactory {
  return (context: DriverContext): Driver => {
    const inner = create(context);
    return { nodeId: inner.nodeId, step: (input) => inner.step(input).map((effect) => blob(inner, effect)) };
  };
}

/** The same, and it shows what a wallet would: where `edit` changes it, not the truth. */
export function strippedWithViews(edit: (view: ChannelView) => ChannelView = (view) => view): DriverFactory {
  return (context: DriverContext): Driver => {
    const inner = fulguriteDriver(context);
    return {
      nodeId: inner.nodeId,
      step: (input) => inner.step(input).map((effect) => blob(inner, effect)),
      view: (channelId) => {
        const view = inner.view?.(channelId);
        return view && edit(view);
      },
    };
  };
}

/** The same, and it can crash: what it stores are bytes. */
export function strippedWithDisk(create: DriverFactory = fulguriteDriver): DriverFactory {
  return (context: DriverContext): Driver => {
    const inner = create(context);
    return {
      nodeId: inner.nodeId,
      step: (input) => inner.step(input).map((effect) => blob(inner, effect)),
      serialise: ({ state }) => state as Uint8Array,
      restart: (...stored) => (inner.restart?.(...stored) ?? []).map((effect) => blob(inner, effect)),
    };
  };
}

function blob(inner: Driver, effect: DriverEffect): DriverEffect {
  return effect.kind === 'store' ? { ...effect, state: inner.serialise?.(effect) } : effect;
}
