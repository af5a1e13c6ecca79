/** Completion for zsh, with what each word does beside it. */
import { inQuotes } from './quote.ts';
import type { Node } from './tree.ts';

export function zshScript(nodes: readonly Node[]): string {
  const arms = nodes.map(({ path, commands, choices, options }) => {
    const words = [
      ...choices.map(inQuotes),
      ...commands.map(({ name, summary }) => described(name, summary)),
      ...options.map(({ flag, summary }) => described(flag, summary)),
    ];
    return `    ${inQuotes(path.join(' '))}) offered=(${words.join(' ')}) ;;`;
  });
  const values = nodes.flatMap(({ path, options }) =>
    options.flatMap(({ flag, values: of }) =>
      of === null
        ? []
        : [
            `    ${inQuotes([...path, flag].join(' '))}) ${
              of.length === 0 ? '_files' : `compadd -- ${of.join(' ')}`
            }; return ;;`,
          ],
    ),
  );
  const paths = nodes.filter(({ path }) => path.length > 0).map(({ path }) => inQuotes(path.join(' ')));
  return `#compdef hedgerow
# Completion of hedgerow for zsh: hedgerow completion zsh > "\${fpath[1]}/_hedgerow"
_hedgerow() {
  local at='' next i
  local -a offered
  for ((i = 2; i < CURRENT; i++)); do
    next="\${at:+$at }\${words[i]}"
    case "$next" in
      ${paths.join('|')}) at="$next" ;;
    esac
  done
  case "\${at:+$at }\${words[CURRENT - 1]}" in
${values.join('\n')}
  esac
  case "$at" in
${arms.join('\n')}
  esac
  _describe 'hedgerow' offered
}
# Read from fpath, this file is the function itself, and completes at once; sourced, it says what completes.
if [[ "\${funcstack[1]}" == _hedgerow ]]; then
  _hedgerow "$@"
else
  compdef _hedgerow hedgerow
fi
`;
}

/** `_describe` takes a colon for the end of the word. */
const described = (word: string, summary: string): string =>
  inQuotes(`${word.replaceAll(':', '\\:')}:${summary}`);
