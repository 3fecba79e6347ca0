//go:build linux

package quote_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// TestAgainstGNU compares the names in the installed sha1sum's errors about thousands
// of missing files.
func TestAgainstGNU(t *testing.T) {
	path, fixed := gnuSha1sum(t)
	random := 10000
	if testing.Short() {
		random = 1000
	}
	names := fileNames(specialNames(rand.New(rand.NewPCG(9, 1)), random))
	for _, locale := range []string{"C", "C.UTF-8"} {
		t.Run(locale, func(t *testing.T) {
			utf8Locale := locale != "C"
			if utf8Locale && complaints(t, path, locale, []string{"\u00e9"})[0] != "sha1sum: \u00e9"+missing {
				t.Skipf("%s is not installed", locale)
			}
			lines := complaints(t, path, locale, names)
			compared := 0
			for i, name := range names {
				if !fixed && misquotedBefore96(name, utf8Locale) {
					continue
				}
				compared++
				want := "sha1sum: " + shell(name, utf8Locale)
				if lines[i] != want+missing && lines[i] != want+": Is a directory" {
					t.Errorf("%q: GNU prints %s, we would %s", name, lines[i], want)
				}
			}
			t.Logf("%d of %d names compared", compared, len(names))
		})
	}
}

const missing = ": No such file or directory"

// gnuSha1sum returns the path of a sha1sum of coreutils 9 and whether it is 9.6 or
// newer, or skips the test.
func gnuSha1sum(t *testing.T) (path string, fixed bool) {
	t.Helper()
	path, err := exec.LookPath("sha1sum")
	if err != nil {
		t.Skip("no sha1sum is installed")
	}
	version, err := exec.Command(path, "--version").Output()
	var minor int
	if _, scanErr := fmt.Sscanf(string(version), "sha1sum (GNU coreutils) 9.%d", &minor); err != nil || scanErr != nil {
		t.Skip("the installed sha1sum is not of GNU coreutils 9")
	}
	return path, minor >= 6
}

// misquotedBefore96 reports whether coreutils before 9.6 quotes a name wrongly: it
// contains an apostrophe and ends in an escaped byte.
func misquotedBefore96(name string, utf8Locale bool) bool {
	return strings.Contains(name, "'") && !printableEnd(name, utf8Locale)
}

func printableEnd(name string, utf8Locale bool) bool {
	r, width := utf8.DecodeLastRuneInString(name)
	switch {
	case r < utf8.RuneSelf:
		return ' ' <= r && r <= '~'
	case !utf8Locale, r == utf8.RuneError && width == 1:
		return false
	}
	return unicode.IsGraphic(r) || unicode.In(r, unicode.Cf, unicode.Co)
}

// fileNames removes "-", which is standard input.
func fileNames(names []string) []string {
	var files []string
	for _, name := range names {
		if name != "-" {
			files = append(files, name)
		}
	}
	return files
}

// complaints runs sha1sum in an empty directory and returns its error line for each
// name. No name breaks a line, because it is quoted.
func complaints(t *testing.T, path, locale string, names []string) []string {
	t.Helper()
	var stderr bytes.Buffer
	cmd := exec.Cmd{
		Path: path, Args: append([]string{"sha1sum", "--"}, names...),
		Dir: t.TempDir(), Env: []string{"LC_ALL=" + locale},
		Stderr: &stderr,
	}
	if err := cmd.Run(); cmd.ProcessState == nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(stderr.String(), "\n"), "\n")
	if len(lines) != len(names) {
		t.Fatalf("%d lines for %d names", len(lines), len(names))
	}
	return lines
}
