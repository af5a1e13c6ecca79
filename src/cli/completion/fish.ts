/** Completion for fish: a line for each word, with the condition under which it is offered. */
import { inQuotes } from './quote.ts';
import type { Node } from './tree.ts';

export function fishScript(nodes: readonly Node[]): string {
  const lines = nodes.flatMap((node) => {
    const at = conditionOf(node);
    return [
      ...node.choices.map((choice) => `complete -c hedgerow -f -n ${inQuotes(at)} -a ${choice}`),
      ...node.commands.map(
        ({ name, summary }) =>
          `complete -c hedgerow -f -n ${inQuotes(at)} -a ${name} -d ${inQuotes(summary)}`,
      ),
      ...node.options
        .filter(({ flag }) => flag.startsWith('--'))
        .map(({ flag, summary, values }) => {
          const argument =
            values === null ? '' : values.length === 0 ? ' -r' : ` -x -a ${inQuotes(values.join(' '))}`;
          return `complete -c hedgerow -n ${inQuotes(at)} -l ${flag.slice(2)}${argument} -d ${inQuotes(summary)}`;
        }),
    ];
  });
  return `# Completion of hedgerow for fish: hedgerow completion fish > ~/.config/fish/completions/hedgerow.fish
${lines.join('\n')}
`;
}

/** Words of the path have been typed, and none of those that lead further. */
function conditionOf({ path, commands }: Node): string {
  const names = commands.map(({ name }) => name);
  const further = names.length === 0 ? [] : [`not __fish_seen_subcommand_from ${names.join(' ')}`];
  const typed = path.map((word) => `__fish_seen_subcommand_from ${word}`);
  return [...typed, ...further].join('; and ');
}
