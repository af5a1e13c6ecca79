/** `completion`: a script for the shell, made of the commands as they are. */
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { Argument } from '@commander-js/extra-typings';
import { bashScript } from '../completion/bash.ts';
import { fishScript } from '../completion/fish.ts';
import { nodesOf, type Node } from '../completion/tree.ts';
import { zshScript } from '../completion/zsh.ts';
import type { Cli } from '../session/session.ts';

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript } as const satisfies Readonly<
  Record<string, (nodes: readonly Node[]) => string>
>;

export function addCompletion(program: CommandUnknownOpts, { terminal }: Cli): void {
  program
    .command('completion')
    .description('write a script that completes commands and options')
    .addArgument(new Argument('<shell>', 'whose script').choices(['bash', 'zsh', 'fish'] as const))
    .action((shell) => terminal.out(SCRIPTS[shell](nodesOf(program))));
}
