/** Where a page of this project may point: into the repository that package.json names. */
const REPOSITORY = /^https:\/\/github\.com\/fulgurite\/fulgurite\/(blob|tree)\/main\/(.+)$/;

/** The targets of all links of a page in Markdown. */
export function linksOf(markdown: string): readonly string[] {
  return [...markdown.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target as string);
}

/** The file or folder of this repository that a link points to; undefined where it points to somebody else's. */
export function placeOf(link: string): { readonly kind: string; readonly path: string } | undefined {
  const [, kind, path] = REPOSITORY.exec(link) ?? [];
  return kind === undefined || path === undefined ? undefined : { kind, path };
}
