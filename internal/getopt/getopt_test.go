package getopt_test

import (
	"errors"
	"io"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/psha1sum/psha1sum/internal/getopt"
)

// gnu is the table of sha1sum 9.1, in its order.
var gnu = []getopt.Option{
	{Long: "check", Short: 'c'},
	{Long: "ignore-missing"},
	{Long: "quiet"},
	{Long: "status"},
	{Long: "warn", Short: 'w'},
	{Long: "strict"},
	{Long: "tag"},
	{Long: "zero", Short: 'z'},
	{Long: "binary", Short: 'b'},
	{Long: "text", Short: 't'},
	{Long: "help"},
	{Long: "version"},
}

// mixed adds extensions before, among and after GNU's options: with and without
// argument, letter or name, with a GNU letter, and with names that GNU's are prefixes
// of, extend or equal.
var mixed = func() []getopt.Option {
	table := []getopt.Option{
		{Long: "jobs", Short: 'j', Arg: true, Extension: true},
		{Long: "stat", Extension: true},
		{Long: "checks", Extension: true},
		{Long: "help", Arg: true, Extension: true},
		{Short: 'w', Arg: true, Extension: true},
	}
	table = append(table, gnu...)
	return append(table,
		getopt.Option{Long: "debug", Extension: true},
		getopt.Option{Long: "io-jobs", Arg: true, Extension: true},
		getopt.Option{Short: 'r', Extension: true},
		getopt.Option{Short: 'l', Arg: true},
		getopt.Option{Long: "length", Arg: true},
	)
}()

// parse parses a whole command line. An option is represented by its long name, or
// letter if it has none, with "=argument" if it takes one.
func parse(table []getopt.Option, args []string, posix bool) (options, operands []string, err error) {
	p := getopt.NewParser(table, args, posix)
	for {
		opt, arg, err := p.Next()
		if err == io.EOF {
			return options, p.Operands(), nil
		}
		if err != nil {
			return options, nil, err
		}
		options = append(options, describe(opt, arg))
	}
}

func describe(opt *getopt.Option, arg string) string {
	name := opt.Long
	if name == "" {
		name = string(rune(opt.Short))
	}
	if opt.Arg {
		name += "=" + arg
	}
	return name
}

func TestParser(t *testing.T) {
	tests := []struct {
		name     string
		args     string // separated by spaces; '' is the empty word
		posix    bool
		options  string
		operands string
		err      string
	}{
		{name: "nothing"},
		{name: "operands keep their order", args: "c a b", operands: "c a b"},
		{name: "options after operands", args: "a -c b --warn d", options: "check warn", operands: "a b d"},
		{name: "posix stops at the first operand", args: "-c a -w -- b", posix: true, options: "check", operands: "a -w -- b"},
		{name: "posix reads options before it", args: "-c --warn -- a -w", posix: true, options: "check warn", operands: "a -w"},
		{name: "two dashes end the options", args: "a -c -- -w b --", options: "check", operands: "a -w b --"},
		{name: "only the first two dashes are swallowed", args: "-- -- a", operands: "-- a"},
		{name: "nothing after two dashes", args: "a --", operands: "a"},
		{name: "a dash is an operand", args: "- -c -", options: "check", operands: "- -"},
		{name: "the empty word is an operand", args: "'' -c ''", options: "check", operands: "'' ''"},
		{name: "repeats", args: "-c --check -cc", options: "check check check check"},

		{name: "bundle", args: "-cw -bt", options: "check warn binary text"},
		{name: "bundle ends at a bad letter", args: "-cxw", options: "check", err: "invalid option -- 'x'"},
		{name: "equals sign in a bundle", args: "-c=x", options: "check", err: "invalid option -- '='"},
		{name: "one dash and a long name", args: "-check", options: "check", err: "invalid option -- 'h'"},
		{name: "dash in a bundle", args: "-c-", options: "check", err: "invalid option -- '-'"},
		{name: "one byte of a character", args: "-\u00e9", err: "invalid option -- '\xc3'"},
		{name: "line feed", args: "-\n", err: "invalid option -- '\n'"},
		{name: "NUL is no letter", args: "-\x00", err: "invalid option -- '\x00'"},

		{name: "long", args: "--check --ignore-missing", options: "check ignore-missing"},
		{name: "unique prefixes", args: "--ch --ig --z --w --he --v", options: "check ignore-missing zero warn help version"},
		{name: "unrecognized", args: "-c --foo=bar --help", options: "check", err: "unrecognized option '--foo=bar'"},
		{name: "unrecognized bytes are raw", args: "--\xff\n'", err: "unrecognized option '--\xff\n''"},
		{name: "longer than a name", args: "--checked", err: "unrecognized option '--checked'"},
		{name: "three dashes", args: "---check", err: "unrecognized option '---check'"},
		{name: "case matters", args: "--Check", err: "unrecognized option '--Check'"},
		{name: "help before an error", args: "--help --foo", options: "help", err: "unrecognized option '--foo'"},
		{name: "ambiguous", args: "--s", err: "option '--s' is ambiguous; possibilities: '--status' '--strict'"},
		{name: "ambiguous as typed", args: "--t=x", err: "option '--t=x' is ambiguous; possibilities: '--tag' '--text'"},
		{name: "the empty name means all", args: "--=x", err: "option '--=x' is ambiguous; possibilities: '--check'" +
			" '--ignore-missing' '--quiet' '--status' '--warn' '--strict' '--tag' '--zero' '--binary' '--text'" +
			" '--help' '--version' '--length'"},
		{name: "argument not allowed", args: "--check=x", err: "option '--check' doesn't allow an argument"},
		{name: "empty argument not allowed", args: "--check=", err: "option '--check' doesn't allow an argument"},
		{name: "abbreviation named in full", args: "--che=x", err: "option '--check' doesn't allow an argument"},

		{name: "argument in the same word", args: "-j4 a", options: "jobs=4", operands: "a"},
		{name: "argument in the next word", args: "-j 4 a", options: "jobs=4", operands: "a"},
		{name: "argument at the end of a bundle", args: "-cj4 -cj 5", options: "check jobs=4 check jobs=5"},
		{name: "the rest of a bundle is the argument", args: "-jc", options: "jobs=c"},
		{name: "equals sign is part of the argument", args: "-j=4", options: "jobs==4"},
		{name: "long argument", args: "--jobs=4 --jobs 5 --jobs= --jobs=a=b", options: "jobs=4 jobs=5 jobs= jobs=a=b"},
		{name: "empty argument", args: "-j '' --jobs ''", options: "jobs= jobs="},
		{name: "argument like an option", args: "-j -c --jobs --warn", options: "jobs=-c jobs=--warn"},
		{name: "argument of two dashes", args: "-j -- -c", options: "jobs=-- check"},
		{name: "argument after an operand", args: "a -j 4 b", options: "jobs=4", operands: "a b"},
		{name: "posix argument", args: "-j 4 a -j 5", posix: true, options: "jobs=4", operands: "a -j 5"},
		{name: "letter without argument", args: "a -cj", options: "check", err: "option requires an argument -- 'j'"},
		{name: "name without argument", args: "--jobs", err: "option '--jobs' requires an argument"},
		{name: "GNU's abbreviated name without argument", args: "--len", err: "option '--length' requires an argument"},
		{name: "GNU's argument", args: "--len=8 --le 9 -l7", options: "length=8 length=9 l=7"},

		{name: "extension is not abbreviated", args: "--job=4", err: "unrecognized option '--job=4'"},
		{name: "extension is not abbreviated to one letter", args: "--d", err: "unrecognized option '--d'"},
		{name: "extension is not a possibility", args: "--sta --checks", options: "status checks"},
		{name: "extension shadowed by an abbreviation", args: "--stat", options: "status"},
		{name: "extension shadowed by a name", args: "--help a", options: "help", operands: "a"},
		{name: "extension shadowed by a letter", args: "-w a", options: "warn", operands: "a"},
		{name: "extension without argument", args: "--debug=x", err: "option '--debug' doesn't allow an argument"},
		{name: "extension letter alone", args: "-rc", options: "r check"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			args := words(test.args)
			options, operands, err := parse(mixed, args, test.posix)
			if got := text(err); got != test.err {
				t.Errorf("%q: error %q, want %q", args, got, test.err)
			}
			if want := words(test.options); !equal(options, want) {
				t.Errorf("%q: options %q, want %q", args, options, want)
			}
			if want := words(test.operands); !equal(operands, want) {
				t.Errorf("%q: operands %q, want %q", args, operands, want)
			}
		})
	}
}

func words(line string) []string {
	if line == "" {
		return nil
	}
	list := strings.Split(line, " ")
	for i, word := range list {
		if word == "''" {
			list[i] = ""
		}
	}
	return list
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func equal(a, b []string) bool {
	return len(a) == 0 && len(b) == 0 || reflect.DeepEqual(a, b)
}

// TestOptionPointsIntoTable: the caller may compare pointers, so they must be into the
// table.
func TestOptionPointsIntoTable(t *testing.T) {
	p := getopt.NewParser(gnu, []string{"--bin"}, false)
	opt, _, err := p.Next()
	if err != nil || opt != &gnu[8] {
		t.Errorf("Next() = %v, %v, want the table's row", opt, err)
	}
}

// TestNextIsLazy: a caller can act on --help before any later word is parsed.
func TestNextIsLazy(t *testing.T) {
	args := []string{"a", "--help", "--foo"}
	p := getopt.NewParser(gnu, args, false)
	opt, _, err := p.Next()
	if err != nil || opt.Long != "help" {
		t.Fatalf("Next() = %v, %v, want --help", opt, err)
	}
	for range 2 {
		opt, _, err = p.Next()
		var usage *getopt.Error
		if opt != nil || !errors.As(err, &usage) {
			t.Errorf("Next() = %v, %v, want an *Error each time", opt, err)
		}
	}
}

// TestSkip: parsing can continue after an error, as with glibc's getopt_long.
func TestSkip(t *testing.T) {
	p := getopt.NewParser(mixed, words("-c?w --foo=-w a --s --jobs -- --check=x -w -- -c"), false)
	var found []string
	refused := 0
	for {
		opt, arg, err := p.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			refused++
			p.Skip()
			continue
		}
		found = append(found, describe(opt, arg))
	}
	if want := words("check warn jobs=-- warn"); !equal(found, want) || refused != 4 || !equal(p.Operands(), words("a -c")) {
		t.Errorf("found %q and %d errors, operands %q", found, refused, p.Operands())
	}
	p.Skip()
	if opt, _, err := p.Next(); opt != nil || err != io.EOF {
		t.Errorf("Next() = %v, %v, want io.EOF", opt, err)
	}
}

func TestEndIsFinal(t *testing.T) {
	p := getopt.NewParser(gnu, []string{"a", "--", "-c"}, false)
	for range 2 {
		if opt, _, err := p.Next(); opt != nil || err != io.EOF {
			t.Errorf("Next() = %v, %v, want io.EOF each time", opt, err)
		}
		if got, want := p.Operands(), []string{"a", "-c"}; !equal(got, want) {
			t.Errorf("operands %q, want %q", got, want)
		}
	}
}

// TestCommandLineIsNotChanged: operands may share the command line's memory, but must
// not write to it.
func TestCommandLineIsNotChanged(t *testing.T) {
	args := []string{"a", "b", "-c", "d", "-w", "e"}
	original := append([]string(nil), args...)
	_, operands, err := parse(gnu, args, false)
	if err != nil {
		t.Fatal(err)
	}
	_ = append(operands, "f")
	if !equal(args, original) {
		t.Errorf("the command line is now %q, was %q", args, original)
	}
}

// TestAllocations: parsing is part of every start-up, so a plain command line costs the
// parser only.
func TestAllocations(t *testing.T) {
	args := []string{"-c", "--warn", "--status", "a", "b", "c"}
	allocations := testing.AllocsPerRun(100, func() {
		p := getopt.NewParser(gnu, args, false)
		for {
			if _, _, err := p.Next(); err != nil {
				break
			}
		}
		if len(p.Operands()) != 3 {
			t.Error("operands were lost")
		}
	})
	if allocations > 1 {
		t.Errorf("%v allocations, want 1 at most", allocations)
	}
}

// TestExtensionsNeverDisturb: what GNU's table accepts, or rejects other than as unknown,
// means the same with extensions in the table.
func TestExtensionsNeverDisturb(t *testing.T) {
	table := []getopt.Option{
		{Long: "stat", Extension: true},
		{Long: "t", Arg: true, Extension: true},
		{Long: "check", Short: 'c', Arg: true, Extension: true},
	}
	table = append(table, gnu...)
	table = append(table, getopt.Option{Long: "jobs", Short: 'j', Arg: true, Extension: true})

	rng := rand.New(rand.NewPCG(1, 2))
	compared := 0
	for range 20000 {
		args, posix := randomArgs(rng), rng.IntN(4) == 0
		options, operands, err := parse(gnu, args, posix)
		if unknown(err) {
			continue
		}
		compared++
		ownOptions, ownOperands, ownErr := parse(table, args, posix)
		if text(ownErr) != text(err) || !equal(ownOptions, options) || !equal(ownOperands, operands) {
			t.Fatalf("%q: %q %q %v, want GNU's %q %q %v",
				args, ownOptions, ownOperands, ownErr, options, operands, err)
		}
	}
	if compared < 5000 {
		t.Errorf("only %d command lines compared", compared)
	}
}

func unknown(err error) bool {
	return strings.HasPrefix(text(err), "unrecognized") || strings.HasPrefix(text(err), "invalid")
}

// randomArgs generates a short command line, usually a valid one.
func randomArgs(rng *rand.Rand) []string {
	const letters = "cwzbtcwzbtxj=-h\xc3"
	args := make([]string, rng.IntN(6))
	for i := range args {
		switch rng.IntN(10) {
		case 0, 1, 2:
			args[i] = pick(rng, "a", "b", "c.txt", "-", "", "d-e")
		case 3, 4:
			word := []byte("-")
			for range 1 + rng.IntN(3) {
				word = append(word, letters[rng.IntN(len(letters))])
			}
			args[i] = string(word)
		case 5:
			args[i] = pick(rng, "--", "---", "--=", "--=x", "--foo", "--foo=x", "---c", "--\xff")
		default:
			name := gnu[rng.IntN(len(gnu))].Long
			args[i] = "--" + name[:1+rng.IntN(len(name))] + pick(rng, "", "", "", "", "", "", "", "=", "=x", "x")
		}
	}
	return args
}

func pick(rng *rand.Rand, choices ...string) string {
	return choices[rng.IntN(len(choices))]
}
