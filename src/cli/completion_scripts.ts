/** The scripts that make shells ask zag. They hold nothing that could grow old. */
import { unknownShell } from "./complete_shells.ts";

const BASH = `# bash completion for zag
_zag() {
  local kind line
  COMPREPLY=()
  {
    read -r kind || return
    while IFS= read -r line; do COMPREPLY+=("$line"); done
  } < <(zag complete bash -- "\${COMP_LINE:0:COMP_POINT}" "$COMP_WORDBREAKS" 2>/dev/null </dev/null)
  case $kind in
    files*) ;;
    directories*) compopt -o dirnames +o default +o bashdefault 2>/dev/null ;;
    *open) compopt -o nospace +o default +o bashdefault 2>/dev/null ;;
    *) compopt +o default +o bashdefault 2>/dev/null ;;
  esac
}
complete -o nosort -o default -o bashdefault -F _zag zag 2>/dev/null ||
  complete -o default -o bashdefault -F _zag zag
`;

const ZSH = `#compdef zag
# zsh completion for zag
_zag() {
  local -a answer kind values shown space
  local line
  answer=("\${(@f)$(zag complete zsh -- "\${(@Q)words[2,CURRENT-1]}" "\${(Q)PREFIX}" 2>/dev/null </dev/null)}")
  kind=(\${=answer[1]})
  for line in "\${(@)answer[2,-1]}"; do
    [[ -n $line ]] || continue
    values+=("\${line%%$'\\t'*}")
    if [[ $line == *$'\\t'* ]]; then
      shown+=("\${line/$'\\t'/  -- }")
    else
      shown+=("$line")
    fi
  done
  (( \${kind[2]:-0} )) && compset -p $kind[2]
  case $kind[1] in
    files) _files ;;
    directories) _files -/ ;;
    *)
      [[ $kind[3] == open ]] && space=(-S '')
      (( $#values )) && compadd "$space[@]" -V zag -l -d shown -- "$values[@]"
      ;;
  esac
}
if [[ $funcstack[1] == _zag ]]; then
  _zag "$@"
else
  (( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
  compdef _zag zag
fi
`;

const FISH = `# fish completion for zag
function __zag_complete
    set -l words (commandline -opc)
    set -e words[1]
    set -l word (commandline -ct)
    set -l answer (zag complete fish -- $words "$word" 2>/dev/null </dev/null)
    set -l kind (string split ' ' -- $answer[1])
    set -e answer[1]
    switch "$kind[1]"
        case files directories
            set -l kept (string sub -l $kind[2] -- "$word")
            set -l rest (string sub -s (math $kind[2] + 1) -- "$word")
            set -l paths
            if test $kind[1] = files
                set paths (__fish_complete_path "$rest")
            else
                set paths (__fish_complete_directories "$rest")
            end
            for path in $paths
                printf '%s%s\\n' "$kept" "$path"
            end
        case words
            string join -- \\n $answer
    end
end
complete -c zag -e
complete -c zag -f -k -a '(__zag_complete)'
`;

const POWERSHELL = `# PowerShell completion for zag
Register-ArgumentCompleter -Native -CommandName zag -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = @($commandAst.CommandElements | Select-Object -Skip 1 |
        Where-Object { $_.Extent.EndOffset -lt $cursorPosition } |
        ForEach-Object {
            if ($_ -is [System.Management.Automation.Language.StringConstantExpressionAst]) { $_.Value }
            else { $_.Extent.Text }
        })
    # An empty argument would be lost on the way, hence the colon.
    zag complete powershell '--' @words ":$wordToComplete" 2>$null | Select-Object -Skip 1 | ForEach-Object {
        $value, $about = $_ -split "\`t", 2
        if (-not $about) { $about = $value }
        [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $about)
    }
}
`;

const SCRIPTS: Readonly<Record<string, string>> = {
  bash: BASH,
  zsh: ZSH,
  fish: FISH,
  powershell: POWERSHELL,
};

/**
 * The script for a shell.
 *
 * @throws {UsageError} If the shell is not known.
 */
export function completionScript(shell: string): string {
  if (!Object.hasOwn(SCRIPTS, shell)) throw unknownShell(shell);
  return SCRIPTS[shell]!;
}
