/** What JSON must look like before it is taken for something. */
export type Check = (value: unknown) => boolean;
export type Shape = Readonly<Record<string, Check>>;
/** A check for every field that the type has. */
export type ShapeOf<T> = { readonly [K in keyof Required<T>]: Check };

export const text: Check = (value) => typeof value === 'string' && value !== '';
export const decimal: Check = (value) => typeof value === 'string' && /^\d+$/.test(value);
export const count: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
export const flag: Check = (value) => typeof value === 'boolean';
export const object: Check = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
export const list =
  (item: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(item);
export const maybe =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
export const oneOf =
  (...values: readonly string[]): Check =>
  (value) =>
    values.includes(value as string);

/** Throws an Error that names the first place that is wrong. */
export function demand(value: unknown, shape: Shape, place: string): void {
  const wrong = problem(value, shape);
  if (wrong !== undefined) throw new Error(`${place}: ${wrong}`);
}

/** What is wrong with an object, if anything: a field that is not as it should be, or one that nobody knows. */
export function problem(value: unknown, shape: Shape): string | undefined {
  if (!object(value)) return 'not an object';
  const fields = value as Readonly<Record<string, unknown>>;
  for (const [name, check] of Object.entries(shape)) {
    if (!check(fields[name]))
      return fields[name] === undefined ? `'${name}' is missing` : `'${name}' cannot be ${JSON.stringify(fields[name])}`;
  }
  const unknown = Object.keys(fields).find((name) => !Object.hasOwn(shape, name));
  return unknown === undefined ? undefined : `nobody knows what '${unknown}' means`;
}
