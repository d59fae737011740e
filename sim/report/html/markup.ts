/** Text as HTML and SVG have it. What no document may have is shown as a question mark: peers write what they like. */
export function escaped(text: string): string {
  return text.replace(FORBIDDEN, '?').replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}

// oxlint-disable-next-line no-control-regex
const FORBIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\ud800-\udfff]/gu;

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

export interface TableRow {
  readonly what: string;
  readonly left: string;
  readonly right: string;
}

/** Two aligned columns; rows that differ are marked, in more than their colour. */
export function comparisonTable(left: string, right: string, rows: readonly TableRow[]): string {
  const row = ({ what, left: one, right: other }: TableRow): string => {
    const differs = one !== other;
    return `<tr${differs ? ' class="differs"' : ''}><th scope="row">${differs ? '<b title="differs">≠</b> ' : ''}${escaped(what)}</th><td>${escaped(one)}</td><td>${escaped(other)}</td></tr>`;
  };
  const head = `<thead><tr><td></td><th scope="col">${escaped(left)}</th><th scope="col">${escaped(right)}</th></tr></thead>`;
  return `<table class="compared">${head}<tbody>${rows.map(row).join('')}</tbody></table>`;
}

export function fieldsTable(fields: readonly { readonly what: string; readonly value: string }[]): string {
  const row = ({ what, value }: { readonly what: string; readonly value: string }): string =>
    `<tr><th scope="row">${escaped(what)}</th><td>${escaped(value)}</td></tr>`;
  return fields.length === 0 ? '' : `<table class="fields"><tbody>${fields.map(row).join('')}</tbody></table>`;
}
