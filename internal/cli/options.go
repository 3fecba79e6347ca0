package cli

import (
	"flag"
	"slices"

	"github.com/psha1sum/psha1sum/internal/getopt"
	urfave "github.com/urfave/cli/v2"
)

// An option is a row of the table that defines the command line: how an option is parsed,
// whether it may be abbreviated, its valid arguments, its destination, the options it
// excludes, and its help text.
type option struct {
	urfave.GenericFlag
	arg       string // the argument's name in the help; "": takes none
	extension bool   // not an option of GNU sha1sum
	meaning
}

// A meaning says in which modes one of our options has no meaning. Each value is the turn
// in which that is checked, since only the first conflict is reported; 0 means no check.
type meaning struct {
	unlessHashing  int // with --check
	unlessChecking int // without --check
	unlessWalking  int // without --recursive and --audit
	unlessListed   int // with --expect
}

// lastTurn is the highest turn of a meaning.
const lastTurn = 15

// Categories: GNU's options, which the help lists by name, then ours, which are headings
// in the help.
const (
	gnuModes     = "modes"
	gnuVerifying = "verifying"
	gnuAbout     = "about"

	what      = "What to compute:"
	which     = "Which files:"
	where     = "Where the result goes:"
	verifying = "When verifying checksums:"
	how       = "How the work is done:"
)

// options declares all options of a tool and their destinations. GNU's come first, in the
// order of GNU's own table, which is the order in which an ambiguous abbreviation lists
// its candidates. Each line of a description except the last ends with \n.
func (r *Request) options(t Tool) []option {
	length := extension("length", 'l', "BITS", what, "length of blake2b's digests: a multiple of 8", value(r.takeLength))
	table := make([]option, 0, 48)
	if t.hasLength() { // of GNU's tools only b2sum has it, and lists it first
		length.extension, length.Category = false, gnuModes
		table = append(table, length)
	}
	table = append(table,
		gnus("check", 'c', gnuModes, "read checksums from the FILEs and check them", set(&r.Check)),
		gnus("ignore-missing", 0, gnuVerifying, "don't fail or report status for missing files", set(&r.IgnoreMissing)),
		gnus("quiet", 0, gnuVerifying, "don't print OK for each successfully verified file", r.says(quiet)),
		gnus("status", 0, gnuVerifying, "don't output anything, status code shows success", r.says(status)),
		gnus("warn", 'w', gnuVerifying, "warn about improperly formatted checksum lines", r.says(warn)),
		gnus("strict", 0, gnuVerifying, "exit non-zero for improperly formatted checksum lines", set(&r.Strict)),
		gnus("tag", 0, gnuModes, "create a BSD-style checksum", r.marks(&r.Tag, markerBinary)),
		gnus("zero", 'z', gnuModes, "end each output line with NUL, not newline,\nand disable file name escaping", set(&r.Zero)),
		gnus("binary", 'b', gnuModes, "read in binary mode", r.marks(nil, markerBinary)),
		gnus("text", 't', gnuModes, "read in text mode (default)", r.marks(nil, markerText)),
		gnus("help", 0, gnuAbout, "display this help and exit", set(&r.Help)),
		gnus("version", 0, gnuAbout, "output version information and exit", set(&r.Version)),

		extension("algorithm", 'a', "NAME", what, "compute NAME, or several, separated by commas;\nwith --check, auto: whatever each line is of", value(r.takeAlgorithms)),
	)
	if !t.hasLength() {
		table = append(table, length)
	}
	return append(table,
		extension("recursive", 'r', "", which, "hash the files below each FILE that is a\ndirectory; with no FILE, below .", set(&r.Recursive)).
			means(meaning{unlessHashing: 1}),
		extension("follow", 'L', "", which, "with -r, follow symbolic links below each FILE", set(&r.Follow)).
			means(meaning{unlessWalking: 2}),
		extension("one-file-system", 'x', "", which, "with -r, stay on the file system of each FILE", set(&r.OneFileSystem)).
			means(meaning{unlessWalking: 3}),
		extension("exclude", 0, "GLOB", which, "with -r, leave out what matches GLOB, which is as\nin .gitignore; the last GLOB that matches counts", r.glob("exclude")).
			means(meaning{unlessWalking: 4}),
		extension("include", 0, "GLOB", which, "with -r, don't leave out what matches GLOB; if it\nis the first of all, leave out all other files", r.glob("include")).
			means(meaning{unlessWalking: 5}),
		extension("files0-from", 0, "F", which, "take the FILEs from F, where each ends with NUL;\nif F is -, from standard input", given(&r.Files0From)).
			means(meaning{unlessListed: 15}),
		extension("directory", 'C', "DIR", which, "look FILEs up in DIR; with --check, not them but\nthe files that they list", value(r.takeDirectory)),

		extension("output", 'o', "FILE", where, "write to FILE, which is replaced at the end", given(&r.Output)).
			means(meaning{unlessHashing: 6}),
		extension("force", 0, "", where, "replace FILE of -o and --report even if it exists and\nholds no earlier output", set(&r.Force)),
		extension("json", 0, "", where, "print one JSON object per line, for programs", set(&r.JSON)),
		extension("report", 0, "KIND", where, t.reportHelp(), r.takesReport(t)),

		extension("expect", 0, "HEX", verifying, "check one FILE against HEX, without a manifest", given(&r.expect)),
		extension("explain", 0, "", verifying, "say on standard error what is known of each failure,\nand the likely reason if one shows", set(&r.Explain)).
			means(meaning{unlessChecking: 9}),
		extension("require", 0, "NAME", verifying, "fail unless the file NAME is listed and verified", appended(&r.Require)),
		extension("fail-fast", 0, "", verifying, "stop at the first failure in the order of lines", set(&r.FailFast)).
			means(meaning{unlessChecking: 10}),
		extension("audit", 0, "DIR", verifying, "report what below DIR is new, missing or moved as well;\n-L, -x, --exclude and --include work as with -r", named("audit", "directory", &r.Audit)).
			means(meaning{unlessChecking: 11, unlessListed: 13}),
		extension("relative-to", 0, "manifest", verifying, "names are relative to their manifest's directory", word("relative-to", new(string), relativeToManifest)).
			means(meaning{unlessChecking: 7, unlessListed: 12}),
		extension("beneath", 0, "", verifying, "don't trust names: read only regular files below\nthe directory to which they are relative", set(&r.Beneath)).
			means(meaning{unlessChecking: 8, unlessListed: 14}),

		extension("jobs", 'j', "N", how, "hash on N processors instead of all", number(&r.Jobs)),
		extension("io-jobs", 0, "N", how, "read N files at a time; 1: one after the other", number(&r.IOJobs)),
		extension("io", 0, "HOW", how, "read by way of read, uring or auto (default)", word("io", &r.IO, "auto", "read", "uring")),
		extension("cache", 0, "FILE", how, "keep digests in FILE, and don't read a file again\nthat has not changed; --check reads all files", named("cache", "file", &r.Cache)),
		extension("drop-cache", 0, "", how, "have the system forget what was read", set(&r.DropCache)),
		extension("progress", 0, "WHEN", how, "show how far the work is: auto (default), on a\nterminal; always; or never", word("progress", &r.Progress, ProgressAuto, ProgressAlways, ProgressNever)),
		extension("debug", 0, "", how, "say on standard error how the work was done", set(&r.Debug)),
	)
}

// gnus returns one of GNU's options, without an argument.
func gnus(long string, short byte, category, help string, value value) option {
	o := extension(long, short, "", category, help, value)
	o.extension = false
	return o
}

// extension returns an option that GNU doesn't have.
func extension(long string, short byte, arg, category, help string, value value) option {
	o := option{
		GenericFlag: urfave.GenericFlag{Name: long, Category: category, Usage: help, Value: value},
		arg:         arg,
		extension:   true,
	}
	if short != 0 {
		o.Aliases = []string{string(rune(short))}
	}
	return o
}

// means returns the option restricted to the modes of m.
func (o option) means(m meaning) option {
	o.meaning = m
	return o
}

// short returns the option's letter, or 0.
func (o *option) short() byte {
	if len(o.Aliases) == 0 {
		return 0
	}
	return o.Aliases[0][0]
}

// getoptTable converts the options for package getopt.
func getoptTable(options []option) []getopt.Option {
	table := make([]getopt.Option, 0, len(options))
	for i := range options {
		o := &options[i]
		table = append(table, getopt.Option{Long: o.Name, Short: o.short(), Arg: o.arg != "", Extension: o.extension})
	}
	return table
}

// A value stores an option's argument, or "", in the request. A bad argument is an error
// even if a later one would override it. It implements flag.Value.
type value func(arg string) error

func (v value) Set(arg string) error { return v(arg) }

func (value) String() string { return "" }

var _ flag.Value = value(nil)

// set records that an option was given.
func set(to *bool) value {
	return func(string) error {
		*to = true
		return nil
	}
}

// given stores an argument without checking it.
func given(to **string) value {
	return func(arg string) error {
		*to = &arg
		return nil
	}
}

// appended appends an argument to a list.
func appended(to *[]string) value {
	return func(arg string) error {
		*to = append(*to, arg)
		return nil
	}
}

// named stores a name, which must not be empty.
func named(option, thing string, to **string) value {
	return func(arg string) error {
		if arg == "" {
			return invalid(option, arg, "no "+thing+" has this name")
		}
		*to = &arg
		return nil
	}
}

// word stores an argument that must be one of words.
func word(option string, to *string, words ...string) value {
	return func(arg string) error {
		if !slices.Contains(words, arg) {
			return invalidArgument(option, arg, words)
		}
		*to = arg
		return nil
	}
}

// relativeToManifest is the valid argument of --relative-to.
const relativeToManifest = "manifest"

// A flagSet holds flags only for the options that were given, because urfave matches each
// name against a regular expression.
type flagSet struct {
	options []option
	flags   flag.FlagSet
}

// take sets the flag of an option that getopt found.
func (s *flagSet) take(found *getopt.Option, arg string) error {
	if s.flags.Lookup(found.Long) == nil {
		i := slices.IndexFunc(s.options, func(o option) bool { return o.Name == found.Long })
		if err := s.options[i].Apply(&s.flags); err != nil {
			return err
		}
	}
	return s.flags.Set(found.Long, arg)
}

// has reports whether an option was given.
func (s *flagSet) has(option string) bool { return s.flags.Lookup(option) != nil }
