package main

import (
	"slices"

	"github.com/psha1sum/psha1sum/internal/getopt"
)

// An option is a row of the table from which everything about the command line
// is made: how it is parsed, what may be abbreviated, and the help.
type option struct {
	getopt.Option
	arg  string // what the help calls its argument; "": it takes none
	help string // lines end with \n but for the last
}

// gnuOptions are GNU sha1sum's, in the order of its own table, which is the
// order in which an ambiguous abbreviation lists them.
var gnuOptions = []option{
	ofGNU("check", 'c', "read checksums from the FILEs and check them"),
	ofGNU("ignore-missing", 0, "don't fail or report status for missing files"),
	ofGNU("quiet", 0, "don't print OK for each successfully verified file"),
	ofGNU("status", 0, "don't output anything, status code shows success"),
	ofGNU("warn", 'w', "warn about improperly formatted checksum lines"),
	ofGNU("strict", 0, "exit non-zero for improperly formatted checksum lines"),
	ofGNU("tag", 0, "create a BSD-style checksum"),
	ofGNU("zero", 'z', "end each output line with NUL, not newline,\nand disable file name escaping"),
	ofGNU("binary", 'b', "read in binary mode"),
	ofGNU("text", 't', "read in text mode (default)"),
	ofGNU("help", 0, "display this help and exit"),
	ofGNU("version", 0, "output version information and exit"),
}

// lengthHelp describes an option that is b2sum's alone among GNU's tools, where
// it comes first. With the others it is ours.
const lengthHelp = "length of blake2b's digests: a multiple of 8"

// A group is options of ours that belong together, under a heading of the help.
type group struct {
	heading string
	options []option
}

// ownGroups are the options that GNU sha1sum does not have.
var ownGroups = []group{
	{"What to compute:", []option{
		own("algorithm", 'a', "NAME", "compute NAME, or several, separated by commas;\nwith --check, auto: whatever each line is of"),
		own("length", 'l', "BITS", lengthHelp),
	}},
	{"Which files:", []option{
		own("recursive", 'r', "", "hash the files below each FILE that is a\ndirectory; with no FILE, below ."),
		own("follow", 'L', "", "with -r, follow symbolic links below each FILE"),
		own("one-file-system", 'x', "", "with -r, stay on the file system of each FILE"),
		own("exclude", 0, "GLOB", "with -r, leave out what matches GLOB, which is as\nin .gitignore; the last GLOB that matches counts"),
		own("include", 0, "GLOB", "with -r, don't leave out what matches GLOB; if it\nis the first of all, leave out all other files"),
		own("files0-from", 0, "F", "take the FILEs from F, where each ends with NUL;\nif F is -, from standard input"),
		own("directory", 'C', "DIR", "look FILEs up in DIR; with --check, not them but\nthe files that they list"),
	}},
	{"Where the result goes:", []option{
		own("output", 'o', "FILE", "write to FILE, which is replaced at the end"),
		own("force", 0, "", "replace FILE of -o and --report even if it exists and\nholds no earlier output"),
		own("json", 0, "", "print one JSON object per line, for programs"),
		own("report", 0, "KIND", "report to a CI system as well: junit:FILE writes FILE\nfor readers of JUnit's format, github annotates"),
	}},
	{"When verifying checksums:", []option{
		own("expect", 0, "HEX", "check one FILE against HEX, without a manifest"),
		own("explain", 0, "", "say on standard error what is known of each failure,\nand the likely reason if one shows"),
		own("require", 0, "NAME", "fail unless the file NAME is listed and verified"),
		own("fail-fast", 0, "", "stop at the first failure in the order of lines"),
		own("audit", 0, "DIR", "report what below DIR is new, missing or moved as well;\n-L, -x, --exclude and --include work as with -r"),
		own("relative-to", 0, "manifest", "names are relative to their manifest's folder"),
		own("beneath", 0, "", "don't trust names: read only regular files below\nthe folder to which they are relative"),
	}},
	{"How the work is done:", []option{
		own("jobs", 'j', "N", "hash on N processors instead of all"),
		own("io-jobs", 0, "N", "read N files at a time; 1: one after the other"),
		own("io", 0, "HOW", "read by way of read, uring or auto (default)"),
		own("cache", 0, "FILE", "keep digests in FILE, and don't read a file again\nthat has not changed; --check reads all files"),
		own("drop-cache", 0, "", "have the system forget what was read"),
		own("progress", 0, "WHEN", "show how far the work is: auto (default), on a\nterminal; always; or never"),
		own("debug", 0, "", "say on standard error how the work was done"),
	}},
}

func ofGNU(long string, short byte, help string) option {
	return option{Option: getopt.Option{Long: long, Short: short}, help: help}
}

func own(long string, short byte, arg, help string) option {
	return option{
		Option: getopt.Option{Long: long, Short: short, Own: true},
		arg:    arg,
		help:   help,
	}
}

// optionsOf returns GNU's options of a tool, and ours.
func optionsOf(t tool) (gnus []option, ours []group) {
	if !t.hasLength() {
		return gnuOptions, ownGroups
	}
	length := ofGNU("length", 'l', lengthHelp)
	length.arg = "BITS"
	gnus = append([]option{length}, gnuOptions...)
	for _, g := range ownGroups {
		g.options = slices.DeleteFunc(slices.Clone(g.options), func(o option) bool { return o.Long == length.Long })
		ours = append(ours, g)
	}
	return gnus, ours
}

// getoptTable is all options of a tool as the parser wants them. Only here Arg is
// what it should be: that it is computed would keep the tables above from being
// there before the program starts.
func getoptTable(t tool) []getopt.Option {
	table := make([]getopt.Option, 0, 48)
	add := func(options []option) {
		for _, o := range options {
			o.Arg = o.arg != ""
			table = append(table, o.Option)
		}
	}
	gnus, ours := optionsOf(t)
	add(gnus)
	for _, g := range ours {
		add(g.options)
	}
	return table
}
