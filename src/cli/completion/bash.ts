/** Completion for bash: a function that knows where in the tree the words lead. */
import type { Node } from './tree.ts';

export function bashScript(nodes: readonly Node[]): string {
  const arms = nodes.map(({ path, commands, choices, options }) => {
    const names = commands.map(({ name }) => name);
    const words = [...names, ...choices, ...options.map(({ flag }) => flag)].join(' ');
    return `    '${path.join(' ')}') words='${words}' ;;`;
  });
  const values = nodes.flatMap(({ path, options }) =>
    options
      .filter(({ values: of }) => of !== null)
      .map(
        ({ flag, values: of }) =>
          `    '${[...path, flag].join(' ')}') words='${(of ?? []).join(' ')}'; isValue=1 ;;`,
      ),
  );
  const paths = nodes.filter(({ path }) => path.length > 0).map(({ path }) => `'${path.join(' ')}'`);
  return `# Completion of hedgerow for bash: source <(hedgerow completion bash)
_hedgerow() {
  local path='' next words='' isValue='' i
  for ((i = 1; i < COMP_CWORD; i++)); do
    next="\${path:+$path }\${COMP_WORDS[i]}"
    case "$next" in
    ${paths.join('|')}) path="$next" ;;
    esac
  done
  case "\${path:+$path }\${COMP_WORDS[COMP_CWORD - 1]}" in
${values.join('\n')}
  esac
  if [[ -z $isValue ]]; then
    case "$path" in
${arms.join('\n')}
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _hedgerow hedgerow
`;
}
