package getopt_test

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/psha1sum/psha1sum/internal/getopt"
)

// FuzzParser parses command lines, with words separated by NUL as in /proc/PID/cmdline,
// and extensions among GNU's options. In a valid one, each word must have been used
// exactly once and in order; an error must have one of glibc's texts.
func FuzzParser(f *testing.F) {
	for _, words := range []string{
		"", "-", "--", "a -c b", "-cwx", "-j4 -j 4 -cj4 --jobs=4 --jobs 4 a", "-j", "--jobs", "-j -- --",
		"--check=x", "--s", "--=", "--stat --status", "--jo=4", "a -- -c", "-l7 --le 8 --length=9", "---", "-rrr -",
	} {
		f.Add(strings.ReplaceAll(words, " ", "\x00"), false)
		f.Add(strings.ReplaceAll(words, " ", "\x00"), true)
	}
	f.Fuzz(func(t *testing.T, cmdline string, posix bool) {
		args := strings.Split(cmdline, "\x00")
		p := getopt.NewParser(mixed, args, posix)
		var found []finding
		for {
			opt, arg, err := p.Next()
			if err == nil {
				found = append(found, finding{opt, arg})
				continue
			}
			if err != io.EOF {
				checkErrorText(t, args, err)
			} else if err := replay(args, found, p.Operands(), posix); err != nil {
				t.Errorf("%q posix=%v: %v", args, posix, err)
			}
			return
		}
	})
}

type finding struct {
	opt *getopt.Option
	arg string
}

// replay compares a command line with the parse result and returns an error at the
// first difference.
func replay(args []string, found []finding, operands []string, posix bool) error {
	r := replayer{args: args, found: found, operands: operands}
	for len(r.args) > 0 && r.args[0] != "--" {
		word := r.args[0]
		if len(word) >= 2 && word[0] == '-' {
			if err := r.option(); err != nil {
				return err
			}
			continue
		}
		if posix {
			return r.end()
		}
		if len(r.operands) == 0 || r.operands[0] != word {
			return fmt.Errorf("operands %q where the word is %q", r.operands, word)
		}
		r.args, r.operands = r.args[1:], r.operands[1:]
	}
	if len(r.args) > 0 {
		r.args = r.args[1:]
	}
	return r.end()
}

// A replayer holds what has not been matched yet.
type replayer struct {
	args     []string
	found    []finding
	operands []string
}

func (r *replayer) end() error {
	if len(r.found) > 0 || !equal(r.operands, r.args) {
		return fmt.Errorf("left over: %d options, operands %q of %q", len(r.found), r.operands, r.args)
	}
	return nil
}

// option matches a word of options and, if it is separate, the argument.
func (r *replayer) option() error {
	word := r.args[0]
	r.args = r.args[1:]
	if text, ok := strings.CutPrefix(word, "--"); ok {
		name, value, inWord := strings.Cut(text, "=")
		last, err := r.take()
		if err == nil && (!strings.HasPrefix(last.opt.Long, name) || last.opt.Extension && last.opt.Long != name) {
			err = fmt.Errorf("%q read as --%s", word, last.opt.Long)
		}
		if err != nil {
			return err
		}
		return r.argument(last, value, inWord)
	}
	for letters := word[1:]; letters != ""; letters = letters[1:] {
		last, err := r.take()
		if err == nil && last.opt.Short != letters[0] {
			err = fmt.Errorf("%q read as -%c", letters, last.opt.Short)
		}
		if err != nil {
			return err
		}
		if last.opt.Arg {
			return r.argument(last, letters[1:], len(letters) > 1)
		}
	}
	return nil
}

func (r *replayer) take() (finding, error) {
	if len(r.found) == 0 {
		return finding{}, fmt.Errorf("an option is missing before %q", r.args)
	}
	first := r.found[0]
	r.found = r.found[1:]
	return first, nil
}

// argument matches an option's argument with the value in its word, or with the next
// word.
func (r *replayer) argument(f finding, value string, inWord bool) error {
	if f.opt.Arg && !inWord {
		if len(r.args) == 0 {
			return fmt.Errorf("no word left for the argument %q", f.arg)
		}
		value, r.args = r.args[0], r.args[1:]
	}
	if f.arg != value {
		return fmt.Errorf("argument read as %q, is %q", f.arg, value)
	}
	return nil
}

func checkErrorText(t *testing.T, args []string, err error) {
	t.Helper()
	shapes := []struct{ start, end string }{
		{"invalid option -- '", "'"},
		{"option requires an argument -- '", "'"},
		{"unrecognized option '--", "'"},
		{"option '--", "' requires an argument"},
		{"option '--", "' doesn't allow an argument"},
		{"option '--", "'"}, // ... is ambiguous; possibilities: ...
	}
	for i, shape := range shapes {
		inner, ok := strings.CutPrefix(err.Error(), shape.start)
		if !ok {
			continue
		}
		if inner, ok = strings.CutSuffix(inner, shape.end); !ok {
			continue
		}
		oneByte := i < 2
		ambiguous := i == len(shapes)-1
		if oneByte && len(inner) != 1 || ambiguous && !listsPossibilities(inner) {
			continue
		}
		return
	}
	t.Errorf("%q: the error %q has no shape of glibc's", args, err)
}

// listsPossibilities checks the list of an ambiguity: at least two GNU names, in the
// table's order, with the typed prefix.
func listsPossibilities(inner string) bool {
	const middle = "' is ambiguous; possibilities: '--"
	i := strings.LastIndex(inner, middle)
	if i < 0 {
		return false
	}
	typed, _, _ := strings.Cut(inner[:i], "=")
	var want []string
	for _, opt := range mixed {
		if opt.Long != "" && !opt.Extension && strings.HasPrefix(opt.Long, typed) {
			want = append(want, opt.Long)
		}
	}
	return len(want) > 1 && inner[i+len(middle):] == strings.Join(want, "' '--")
}
