# Completions of psha1sum's command line for bash 4 and later. They work with the
# package bash-completion and without it:
#
#     . completions/psha1sum.bash
#
# Names of files are left to readline, which knows how to quote them whatever they
# hold: a word for which nothing is offered here is completed as a file's name.
#
# shellcheck shell=bash

# Options that take an argument end with "=", and have their short form before
# them, if there is one.
_psha1sum_options=(
	-b --binary -c --check --tag -t --text -z --zero
	--ignore-missing --quiet --status --strict -w --warn
	--help --version
	-a --algorithm= -l --length=
	-r --recursive -L --follow -x --one-file-system --exclude= --include=
	--files0-from= -C --directory=
	-o --output= --force --json --report=
	--expect= --explain --require= --fail-fast --audit= --relative-to= --beneath
	-j --jobs= --io-jobs= --io= --cache= --drop-cache --progress= --debug
)

# go generate ./hasher writes these.
_psha1sum_algorithms=(sha1 md5 sha224 sha256 sha384 sha512 sha512-256 blake2b blake3)
_psha1sum_reports=(junit: github)
_psha1sum_commands=(psha1sum pmd5sum psha224sum psha256sum psha384sum psha512sum psha512-256sum pb2sum pb3sum)

# _psha1sum_wants prints the option at the end of a word whose argument is the word
# behind it, if there is one: of -rC and --directory that is a directory.
_psha1sum_wants() {
	local option flags
	if [[ $1 == --* ]]; then
		for option in "${_psha1sum_options[@]}"; do
			[[ $option == "$1=" ]] && printf '%s\n' "$1"
		done
	elif [[ $1 == -* ]]; then
		flags=${1#-}
		flags=${flags#"${flags%%[alCoj]*}"} # from the first that takes one
		[[ $flags == ? ]] && printf '%s\n' "-$flags"
	fi
}

# _psha1sum_offer offers the words from $3 on that begin with $2, each with $1 in
# front, and no names of files if none does.
_psha1sum_offer() {
	local before=$1 cur=$2 word
	shift 2
	compopt +o default +o bashdefault
	for word; do
		[[ $word == "$cur"* ]] && COMPREPLY+=("$before$word")
	done
}

# _psha1sum_list offers algorithms for the end of the list $2, each once.
_psha1sum_list() {
	local before=$1 list=$2 name rest=()
	if [[ $list != *,* ]]; then
		_psha1sum_offer "$before" "$list" "${_psha1sum_algorithms[@]}" auto
		return
	fi
	for name in "${_psha1sum_algorithms[@]}"; do
		[[ ,${list%,*}, == *",$name,"* ]] || rest+=("$name")
	done
	_psha1sum_offer "$before${list%,*}," "${list##*,}" "${rest[@]}"
}

# _psha1sum_report offers kinds of reports. A colon, as behind junit, begins a word of
# its own for readline, which completes the file behind it.
_psha1sum_report() {
	_psha1sum_offer "$1" "$2" "${_psha1sum_reports[@]}"
	[[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *: ]] && compopt -o nospace
}

# _psha1sum_argument offers arguments of the option $1 that begin with $3. $2 is
# what stands before them in the same word.
_psha1sum_argument() {
	case $1 in
	-a | --algorithm) _psha1sum_list "$2" "$3" ;;
	--io) _psha1sum_offer "$2" "$3" auto read uring ;;
	--progress) _psha1sum_offer "$2" "$3" auto always never ;;
	--relative-to) _psha1sum_offer "$2" "$3" manifest ;;
	--report) _psha1sum_report "$2" "$3" ;;
	-C | --directory | --audit) compopt +o default +o bashdefault -o dirnames ;;
	-l | --length | -j | --jobs | --io-jobs | --expect) _psha1sum_offer "$2" "$3" ;; # a number
	esac
}

_psha1sum() {
	local cur=${COMP_WORDS[COMP_CWORD]} word option=''
	COMPREPLY=()
	for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
		if [[ $word == '=' && $option == --* ]]; then
			: # readline makes three words of --io=read
		elif [[ $option ]]; then
			option='' # this was its argument
		elif [[ $word == -- ]]; then
			return 0 # all others are files
		else
			option=$(_psha1sum_wants "$word")
		fi
	done
	if [[ $option ]]; then
		[[ $cur == '=' && $option == --* ]] && cur=''
		_psha1sum_argument "$option" '' "$cur"
	elif [[ $cur == --*=* ]]; then # COMP_WORDBREAKS lacks =
		_psha1sum_argument "${cur%%=*}" "${cur%%=*}=" "${cur#*=}"
	elif [[ $cur == -a?* ]]; then
		_psha1sum_list -a "${cur#-a}"
	elif [[ $cur == -* ]]; then
		_psha1sum_offer '' "$cur" "${_psha1sum_options[@]}"
		[[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *= ]] && compopt -o nospace
	fi
	return 0
}

complete -o bashdefault -o default -F _psha1sum "${_psha1sum_commands[@]}"
