/** The commands as a tree of words, which completions are made of. */
import type { CommandUnknownOpts } from '@commander-js/extra-typings';

export interface Node {
  /** The words that lead here, after the name of the program. */
  readonly path: readonly string[];
  readonly commands: readonly { readonly name: string; readonly summary: string }[];
  /** What the first argument may be, where there is a choice. */
  readonly choices: readonly string[];
  readonly options: readonly {
    readonly flag: string;
    readonly summary: string;
    /** What may stand behind it; null for a flag alone, empty where anything may. */
    readonly values: readonly string[] | null;
  }[];
}

/** Every command, the program itself first. */
export function nodesOf(program: CommandUnknownOpts): readonly Node[] {
  const global = optionsOf(program);
  const nodes: Node[] = [];
  const walk = (command: CommandUnknownOpts, path: readonly string[]): void => {
    nodes.push({
      path,
      commands: command.commands.map((one) => ({ name: one.name(), summary: one.description() })),
      choices: command.registeredArguments[0]?.argChoices ?? [],
      options: path.length === 0 ? global : [...optionsOf(command), ...global],
    });
    for (const one of command.commands) walk(one, [...path, one.name()]);
  };
  walk(program, []);
  return nodes;
}

const optionsOf = (command: CommandUnknownOpts): Node['options'] =>
  command.options.map(({ long, short, description, required, optional, argChoices }) => ({
    flag: long ?? short ?? '',
    summary: description,
    values: required || optional ? (argChoices ?? []) : null,
  }));
