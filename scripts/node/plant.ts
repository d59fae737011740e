/// <reference types="node" />
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { basename, join, resolve } from 'node:path';
import { replaceFile } from '../../fuzz-targets/host/replace-file.ts';
import type { CampaignOptions, CryptoName } from '../../sim/run/seed.ts';
import { packageRoot } from './package-files.ts';

/** A bug on purpose: an edit of one source file, applied to a temporary build. Nothing in core exists for it. */
export interface PlantedBug {
  /** Of its file, which says what kind of historical bug it stands for. */
  readonly name: string;
  /** What is wrong, in a sentence. */
  readonly about?: string;
  /** From the root of the package, e.g. core/channel/commitments/commitment-signed.ts. */
  readonly file: string;
  /** Must occur exactly once, or the bug is stale. */
  readonly find: string;
  readonly replace: string;
  /** On one side only (node A), or on both: some bugs are invisible when both ends agree on the wrong thing, others when they don't. */
  readonly sides: 'one' | 'both';
  /** The oracle that should see it. */
  readonly expectOracle?: string;
  /** The provider of cryptography to hunt with, for bugs of one of them or of a way that only it has. Default: that of the default campaign. */
  readonly crypto?: CryptoName;
  /** Where it shows, for bugs of nodes that forward: node A, the one side, is in the middle of a star. Default: a pair. */
  readonly topology?: CampaignOptions['topology'];
  /** The fuzz target that must find it, for bugs that no campaign is after. */
  readonly expect?: string;
}

/** The bug does not fit the source any more. */
export class StaleBugError extends Error {
  override readonly name = 'StaleBugError';
}

/** A built bug, as a worker loads it. */
export interface Planted {
  readonly module: string;
  readonly sides: PlantedBug['sides'];
  readonly crypto?: CryptoName;
  readonly topology?: CampaignOptions['topology'];
}

const DRIVER = 'sim/drivers/fulgurite.ts';
/** What makes the providers that a driver is given. */
const PROVIDERS = 'scripts/node/native-crypto.ts';
const IS_PROVIDER = /^core\/crypto\/(native|noble)\.ts$/;

export function readBug(file: string): PlantedBug {
  const { find, replace, sides, ...rest } = JSON.parse(readFileSync(file, 'utf8')) as Partial<PlantedBug>;
  if (typeof rest.file !== 'string' || typeof find !== 'string' || typeof replace !== 'string' || (sides !== 'one' && sides !== 'both')) {
    throw new StaleBugError(`${file}: a planted bug is { "file", "find", "replace", "sides": "one" or "both", "expectOracle"?, "about"? }`);
  }
  if (find === replace) throw new StaleBugError(`${file}: it replaces its text by the same text`);
  return { ...rest, name: basename(file, '.json'), file: rest.file, find, replace, sides };
}

/** The bugs of a folder, by name. */
export function readBugs(folder: string): readonly PlantedBug[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => readBug(join(folder, name)));
}

/** The source with the bug in it. */
export function edit(bug: PlantedBug, source: string): string {
  const parts = source.split(bug.find);
  if (parts.length !== 2)
    throw new StaleBugError(`${bug.name}: its text occurs ${parts.length - 1} times in ${bug.file}, and must occur once`);
  return parts.join(bug.replace);
}

/** Builds the driver, or another module, with the bug in it; the sources stay as they are. Needs a checkout, with its development dependencies. */
export async function plant(bug: PlantedBug, entry = IS_PROVIDER.test(bug.file) ? PROVIDERS : DRIVER): Promise<Planted> {
  const root = packageRoot();
  if (!existsSync(join(root, entry))) throw new StaleBugError('bugs are planted in a checkout of fulgurite: a package has no sources');
  const { build } = await import('esbuild');
  const folder = join(root, 'build', 'planted');
  const edited = resolve(root, bug.file);
  if (!existsSync(edited)) throw new StaleBugError(`${bug.name}: there is no ${bug.file}`);
  const contents = edit(bug, readFileSync(edited, 'utf8'));
  let planted = false;
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: [entry],
    outfile: join(folder, `${bug.name}.js`),
    write: false,
    bundle: true,
    packages: 'external',
    format: 'esm',
    platform: 'node',
    sourcemap: 'inline',
    logLevel: 'silent',
    plugins: [
      {
        name: 'plant',
        setup: ({ onLoad }) =>
          onLoad({ filter: /\.ts$/ }, ({ path }) => {
            if (path !== edited) return undefined;
            planted = true;
            return { contents, loader: 'ts' };
          }),
      },
    ],
  });
  if (!planted) throw new StaleBugError(`${bug.name}: ${entry === DRIVER ? 'the driver' : entry} does not use ${bug.file}`);
  // Others may plant a bug of the same name at the same time, or the same one: a file is named by what is in it, and is whole or not there.
  const [{ contents: built = new Uint8Array() } = {}] = outputFiles;
  const module = join(folder, `${bug.name}-${createHash('sha256').update(built).digest('hex').slice(0, 12)}.js`);
  replaceFile(module, built);
  return { module, sides: bug.sides, ...(bug.crypto && { crypto: bug.crypto }), ...(bug.topology && { topology: bug.topology }) };
}
