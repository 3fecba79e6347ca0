//go:build unix

package clitest

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
)

// Compare describes the unintended difference between two outcomes, or returns "".
func Compare(got, want Outcome) string {
	var different []string
	note := func(what string, equal bool) {
		if !equal {
			different = append(different, what)
		}
	}
	note("statuses", got.Status == want.Status)
	note("stdout", EqualLines(got.Stdout, want.Stdout) || bothOwnText(got.Stdout, want.Stdout))
	note("stderr", EqualLines(got.Stderr, want.Stderr))
	note("offsets of stdin", got.Offset == want.Offset || readAhead(got, want))
	return strings.Join(different, ", ")
}

// readAhead reports whether a run that a broken pipe ended has read more of a manifest
// than GNU had by then.
func readAhead(got, want Outcome) bool {
	return want.Status == "signal: broken pipe" && got.Offset > want.Offset
}

// EqualLines compares streams, each of which may contain both stdout and stderr.
func EqualLines(got, want []byte) bool {
	if bytes.Equal(got, want) {
		return true
	}
	gotLines, wantLines := bytes.Split(got, []byte("\n")), bytes.Split(want, []byte("\n"))
	if len(gotLines) != len(wantLines) {
		return false
	}
	for i, line := range gotLines {
		if !bytes.Equal(line, wantLines[i]) && !excused(string(line), string(wantLines[i])) {
			return false
		}
	}
	return true
}

// excused reports whether a line differs from GNU's in a known and intended way.
func excused(got, want string) bool {
	// With -z and both streams in one, a message may follow a NUL.
	if i := strings.LastIndexByte(want, 0) + 1; i > 0 && strings.HasPrefix(got, want[:i]) {
		got, want = got[i:], want[i:]
	}
	if !strings.HasPrefix(want, Name+": ") {
		return GNU.Release != contract && excusedName(got, want)
	}
	if writeError.MatchString(got) && writeError.MatchString(want) {
		return true
	}
	return GNU.Release.Before(9, 6) && excusedQuotes(got, want)
}

// writeError is the message about stdout at the end. Whether GNU prints the reason
// depends on details that users can't see.
var writeError = regexp.MustCompile(`^` + Name + `: write error(: .*)?$`)

// excusedQuotes recognizes a bug of releases before 9.6: a name with an apostrophe that
// ends in an escaped byte gets a wrong start,
//
//	'''x  for  'x
//	'\001' for  ''$'\001'
func excusedQuotes(got, want string) bool {
	const start = Name + ": "
	if rest, found := strings.CutPrefix(want, start+`'''`); found {
		return got == start+`'`+rest
	}
	rest, found := strings.CutPrefix(want, start+`'\`)
	return found && got == start+`''$'\`+rest
}

// excusedName accepts that releases after 9.1 print some names differently in the result
// of a check.
func excusedName(got, want string) bool {
	_, gotResult, found := CutLast(got, ": ")
	_, wantResult, wantFound := CutLast(want, ": ")
	return found && wantFound && gotResult == wantResult && strings.ContainsAny(want, "\\\r'\"")
}

// CutLast is like strings.Cut for the last sep.
func CutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// WantText fails a test at the first line that differs.
func WantText(t testing.TB, got, want string) {
	t.Helper()
	gotLines, wantLines := strings.SplitAfter(got, "\n"), strings.SplitAfter(want, "\n")
	for i := range min(len(gotLines), len(wantLines)) {
		if gotLines[i] != wantLines[i] {
			t.Errorf("line %d of %d\ngot  %q\nwant %q", i+1, len(wantLines), Clip([]byte(gotLines[i])), Clip([]byte(wantLines[i])))
			return
		}
	}
	if len(gotLines) != len(wantLines) {
		t.Errorf("%d lines, want %d", len(gotLines)-1, len(wantLines)-1)
	}
}

// bothOwnText reports whether both streams begin with a help text, or both with a
// version; these are specific to each tool.
func bothOwnText(got, want []byte) bool {
	for _, start := range []string{"Usage: " + Name + " [OPTION]... [FILE]...\n", Name + " ("} {
		if bytes.HasPrefix(want, []byte(start)) {
			// psha1sum's version line always names psha1sum.
			return bytes.HasPrefix(got, []byte(start)) || bytes.HasPrefix(got, []byte("psha1sum "))
		}
	}
	return false
}
