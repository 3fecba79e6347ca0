# Completions of psha1sum's command line for fish. fish looks for them by the name
# of the command: a link to this file as pmd5sum.fish serves pmd5sum, and so on. The
# names of algorithms and of the command, and the kinds of reports, are written by
# go generate ./hasher.

# Each line is the list of algorithms that was typed so far with one more in it.
function __psha1sum_algorithms
    set -l names sha1 md5 sha224 sha256 sha384 sha512 sha512-256 blake2b blake3
    set -l typed (commandline -ct | string replace -r -- '^(--algorithm=|-a)' '')
    set -l list (string match -r -- '.*,' "$typed")
    for name in $names
        contains -- $name (string split -- , "$list"); or printf '%s\n' "$list$name"
    end
    test -n "$list"; or printf '%s\t%s\n' auto 'With --check, whatever the lines are of'
end

# The word may have the option in front.
function __psha1sum_directories
    __fish_complete_directories (commandline -ct | string replace -r -- '^(--directory=|--audit=|-C)' '')
end

# Kinds of reports; one that ends with a colon is followed by a file.
function __psha1sum_reports
    set -l typed (commandline -ct | string replace -r -- '^--report=' '')
    if string match -q -- '*:*' "$typed"
        set -l parts (string split -m 1 -- : "$typed")
        printf "$parts[1]:%s\n" (__fish_complete_path "$parts[2]")
    else
        printf '%s\t%s\n' junit: "Writes FILE for readers of JUnit's format" github "Annotates"
    end
end

set -l command
for command in psha1sum pmd5sum psha224sum psha256sum psha384sum psha512sum psha512-256sum pb2sum pb3sum
    complete -c $command -s b -l binary -d "Read in binary mode"
    complete -c $command -s c -l check -d "Read checksums from the files and check them"
    complete -c $command -l tag -d "Create a BSD-style checksum"
    complete -c $command -s t -l text -d "Read in text mode (default)"
    complete -c $command -s z -l zero -d "End each output line with NUL"
    complete -c $command -l ignore-missing -d "Don't fail or report status for missing files"
    complete -c $command -l quiet -d "Don't print OK for each successfully verified file"
    complete -c $command -l status -d "Don't output anything, status code shows success"
    complete -c $command -l strict -d "Exit non-zero for improperly formatted checksum lines"
    complete -c $command -s w -l warn -d "Warn about improperly formatted checksum lines"
    complete -c $command -l help -d "Display a help text and exit"
    complete -c $command -l version -d "Output version information and exit"

    complete -c $command -s a -l algorithm -x -a '(__psha1sum_algorithms)' -d "Compute other algorithms"
    complete -c $command -s l -l length -x -d "Length of blake2b's digests"
    complete -c $command -s r -l recursive -d "Hash the files below directories"
    complete -c $command -s L -l follow -d "With -r, follow symbolic links"
    complete -c $command -s x -l one-file-system -d "With -r, stay on one file system"
    complete -c $command -l exclude -r -d "With -r, leave out what matches"
    complete -c $command -l include -r -d "With -r, don't leave out what matches"
    complete -c $command -l files0-from -r -d "Take the names of files from a list"
    complete -c $command -s C -l directory -x -a '(__psha1sum_directories)' -d "Names of files are relative to a directory"
    complete -c $command -s o -l output -r -d "Write to a file, which is replaced at the end"
    complete -c $command -l force -d "Replace a file that holds no earlier output"
    complete -c $command -l json -d "Print one JSON object per line, for programs"
    complete -c $command -l report -x -a '(__psha1sum_reports)' -d "Report to a CI system as well"
    complete -c $command -l expect -x -d "Check one file against a checksum, without a manifest"
    complete -c $command -l explain -d "Say what is known of each failure, and the likely reason"
    complete -c $command -l require -r -d "Fail unless a file is listed and verified"
    complete -c $command -l fail-fast -d "Stop at the first failure"
    complete -c $command -l audit -x -a '(__psha1sum_directories)' -d "Report what below a directory is new, missing or moved as well"
    complete -c $command -l relative-to -x -a manifest -d "Names are relative to their manifest's directory"
    complete -c $command -l beneath -d "Read only regular files below the base directory"
    complete -c $command -s j -l jobs -x -d "Hash on so many processors"
    complete -c $command -l io-jobs -x -d "Read so many files at a time"
    complete -c $command -l io -x -a 'auto read uring' -d "How files are read"
    complete -c $command -l cache -r -d "Don't read again what has not changed"
    complete -c $command -l drop-cache -d "Have the system forget what was read"
    complete -c $command -l progress -x -a 'auto always never' -d "Show how far the work is"
    complete -c $command -l debug -d "Say on standard error how the work was done"
end
