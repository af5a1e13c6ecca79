/** Bold and colours, where somebody looks and has not asked for none (no-color.org). */

export type Style = Readonly<Record<'bold' | 'dim' | 'red' | 'green' | 'yellow', (text: string) => string>>;

const SIGNS = { bold: [1, 22], dim: [2, 22], red: [31, 39], green: [32, 39], yellow: [33, 39] } as const;

const plain = (text: string): string => text;
const between =
  ([on, off]: readonly [number, number]) =>
  (text: string): string =>
    `\u001b[${on}m${text}\u001b[${off}m`;

export const styleOf = (hasColours: boolean): Style => ({
  bold: hasColours ? between(SIGNS.bold) : plain,
  dim: hasColours ? between(SIGNS.dim) : plain,
  red: hasColours ? between(SIGNS.red) : plain,
  green: hasColours ? between(SIGNS.green) : plain,
  yellow: hasColours ? between(SIGNS.yellow) : plain,
});

/** An empty `NO_COLOR` counts as unset. */
export const wantsColours = (isTerminal: boolean, environment: NodeJS.ProcessEnv): boolean =>
  isTerminal && (environment['NO_COLOR'] ?? '') === '' && environment['TERM'] !== 'dumb';
