//go:build unix

package gnu_test

import (
	"bytes"
	"slices"
	"testing"

	"github.com/psha1sum/psha1sum/internal/clitest"
	"github.com/psha1sum/psha1sum/internal/large"
)

// TestQuoting compares how names are quoted in diagnostics: every byte alone,
// in front, behind and between letters, every pair of the bytes that matter,
// and many random names. None of them exists.
func TestQuoting(t *testing.T) {
	t.Parallel()
	clitest.NeedGNU(t)
	names := quotedNames(clitest.NewGenerator(*clitest.Seed, 0))
	for _, locale := range []string{"C", "C.UTF-8"} {
		t.Run(locale, func(t *testing.T) {
			dir := t.TempDir()
			for batch := range slices.Chunk(names, 4000) { // arguments are limited to some 2 MB
				compareQuotes(t, dir, locale, batch)
			}
		})
	}
}

// TestQuotingDirectory has the directory that isn't there named as the locale
// shows it.
func TestQuotingDirectory(t *testing.T) {
	clitest.NeedOwn(t)
	for locale, shown := range map[string]string{"C": `''$'\303\251'`, "C.UTF-8": "'é'"} {
		out := clitest.Ours.Output(t, []string{"-C", "é", "a"}, clitest.Settings{Env: []string{"LC_ALL=" + locale}})
		want := "sha1sum: cannot change directory to " + shown + ": No such file or directory\n"
		if string(out.Stderr) != want || out.Status != "exit 1" {
			t.Errorf("%s: want %q, got\n%s", locale, want, out)
		}
	}
}

// quotedNames returns names of files that don't exist.
func quotedNames(g clitest.Generator) []string {
	var names []string
	for b := 1; b < 256; b++ {
		s := string([]byte{byte(b)})
		names = append(names, s, s+"a", "a"+s, "a"+s+"b", s+s)
	}
	matter := []string{"'", `"`, "\\", "\n", "\r", "\t", "\x01", "\x7f", "\xff", "é", "\u00ad", " ", ":", "#", "~", "{", "}", "=", "%", "a", "$", "-"}
	for _, a := range matter {
		for _, b := range matter {
			names = append(names, a+b)
			for _, c := range matter {
				names = append(names, a+b+c)
			}
		}
	}
	for range large.Or(4000, 12_000) {
		names = append(names, g.Name())
	}
	for r := rune(0x80); r < 0x3000; r += rune(large.Or(21, 7)) { // all tables of scripts are visited, not all letters
		names = append(names, string(r))
	}
	for i, name := range names {
		switch name {
		case "/", ".", "-", "//":
			names[i] = "x" // these exist
		}
	}
	return names
}

// compareQuotes compares the diagnostics about names, name by name.
func compareQuotes(t *testing.T, dir, locale string, names []string) {
	args := append([]string{"--"}, names...)
	s := clitest.Settings{Dir: dir, Env: []string{"LC_ALL=" + locale}}
	want, got := clitest.GNU.Output(t, args, s), clitest.Ours.Output(t, args, s)
	if got.Status != want.Status || !bytes.Equal(got.Stdout, want.Stdout) {
		t.Errorf("got %s, %q, want %s, %q", got.Status, clitest.Clip(got.Stdout), want.Status, clitest.Clip(want.Stdout))
	}
	gotLines, wantLines := bytes.Split(got.Stderr, []byte("\n")), bytes.Split(want.Stderr, []byte("\n"))
	if len(gotLines) != len(wantLines) {
		t.Fatalf("%d lines of diagnostics, want %d", len(gotLines), len(wantLines))
	}
	for i := range names {
		if !clitest.EqualLines(gotLines[i], wantLines[i]) {
			t.Errorf("%+q\ngot  %s\nwant %s", names[i], gotLines[i], wantLines[i])
		}
	}
}
