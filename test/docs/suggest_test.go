//go:build unix

package docs_test

import (
	"strings"
	"testing"

	"github.com/psha1sum/psha1sum/internal/clitest"
)

// TestSuggestions checks that, under our own names, the message about a mistyped option
// of ours is followed by a suggestion, and that all other messages are GNU's.
func TestSuggestions(t *testing.T) {
	clitest.NeedOwn(t)
	for word, meant := range map[string]string{
		"--rec":            "--recursive",
		"--recursiv":       "--recursive",
		"--recusrive":      "--recursive",
		"--re":             "--recursive or --report or --require or --relative-to",
		"--job=2":          "--jobs",
		"--jbos":           "--jobs",
		"--ouptut=x":       "--output",
		"--io-job":         "--io-jobs",
		"--fail":           "--fail-fast",
		"--Recursive":      "--recursive",
		"-R":               "-r",
		"-J4":              "-j",
		"--chek":           "", // GNU's
		"--quite":          "",
		"--r":              "",
		"--frob":           "",
		"--no-names":       "",
		"-q":               "",
		"-W":               "",
		"--=x":             "",
		"--b\xff\n":        "",
		"--t":              "", // GNU's, and ambiguous
		"--jobs":           "", // it is there
		"--drop-cache=yes": "",
		"--" + strings.Repeat("recursive", 10_000): "",
	} {
		gnus := clitest.Ours.Output(t, []string{word}, clitest.Settings{})
		own := clitest.Ours.Output(t, []string{word}, clitest.Settings{Called: "psha1sum"})
		first, _, _ := strings.Cut(string(gnus.Stderr), "Try '")
		if gnus.Status != "exit 1" || own.Status != "exit 1" || len(gnus.Stdout)+len(own.Stdout) > 0 || strings.Contains(string(gnus.Stderr), "did you mean") {
			t.Errorf("%.50q: %s", word, gnus)
		}
		want := strings.ReplaceAll(first, "sha1sum: ", "psha1sum: ")
		if meant != "" {
			want += "psha1sum: did you mean " + meant + "?\n"
		}
		want += "Try 'psha1sum --help' for more information.\n"
		if string(own.Stderr) != want {
			t.Errorf("%.50q: got\n%.1000swant\n%.1000s", word, own.Stderr, want)
		}
	}
}
