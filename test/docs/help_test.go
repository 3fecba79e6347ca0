//go:build unix

package docs_test

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/psha1sum/psha1sum/hasher"
	"github.com/psha1sum/psha1sum/internal/clitest"
)

// listedOption finds the options at the start of a line of help, as coreutils'
// own test usage_vs_getopt does.
var listedOption = regexp.MustCompile(`(?m)^ {2,6}(-.*)$`)

// helpOptions returns the options that --help lists, each with an argument if
// it takes one.
func helpOptions(help string) []string {
	var options []string
	for _, match := range listedOption.FindAllStringSubmatch(help, -1) {
		names, _, _ := strings.Cut(match[1], "  ")
		_, takesValue, _ := strings.Cut(names, "=")
		value := map[string]string{"HOW": "auto", "NAME": "sha1", "BITS": "8", "manifest": "manifest", "KIND": "github", "WHEN": "auto"}[takesValue]
		if value == "" {
			value = "1"
		}
		for name := range strings.SplitSeq(names, ", ") {
			name, _, _ = strings.Cut(name, "=")
			switch {
			case takesValue == "":
			case strings.HasPrefix(name, "--"):
				name += "=" + value
			default:
				name += value
			}
			options = append(options, name)
		}
	}
	return options
}

// TestHelp checks that the help begins like GNU's, lists every option, and lists none
// that doesn't exist.
func TestHelp(t *testing.T) {
	clitest.EachTool(t, func(t *testing.T, tool *clitest.Tool) {
		help := tool.Output(t, []string{"--help"}, clitest.Settings{})
		if help.Status != "exit 0" || len(help.Stderr) > 0 {
			t.Errorf("%s", help)
		}
		text := string(help.Stdout)
		if !strings.HasPrefix(text, "Usage: sha1sum [OPTION]... [FILE]...\n") {
			t.Errorf("it begins %q", text[:min(len(text), 80)])
		}
		for line := range strings.Lines(text) {
			if len(strings.TrimSuffix(line, "\n")) > 80 {
				t.Errorf("%q is wider than a terminal", line)
			}
		}
		listed := helpOptions(text)
		for _, option := range clitest.LongOptions {
			if !slices.Contains(listed, "--"+option) {
				t.Errorf("--%s is not listed", option)
			}
			if short := clitest.ShortOf[option]; short != "" && !slices.Contains(listed, "-"+short) {
				t.Errorf("-%s is not listed", short)
			}
		}
		for _, option := range listed {
			if option == "--version" {
				continue
			}
			again := tool.Output(t, []string{option, "--help"}, clitest.Settings{})
			if again.Status != "exit 0" || !bytes.Equal(again.Stdout, help.Stdout) {
				t.Errorf("%s --help\n%s", option, again)
			}
		}
	})
}

// TestHelpListsOwn checks that psha1sum's own options are listed after GNU's.
func TestHelpListsOwn(t *testing.T) {
	clitest.NeedOwn(t)
	listed := helpOptions(string(clitest.Ours.Output(t, []string{"--help"}, clitest.Settings{}).Stdout))
	own := slices.Index(listed, "--jobs=1")
	if own < 0 || !slices.Contains(listed, "-j1") {
		t.Fatalf("-j and --jobs are not in %q", listed)
	}
	if gnus := slices.Index(listed, "--warn"); gnus > own {
		t.Errorf("--jobs is listed before --warn: %q", listed)
	}
}

// TestHelpFits checks that the help fits a terminal whatever the program's name, and
// begins with what it computes under that name.
func TestHelpFits(t *testing.T) {
	clitest.NeedOwn(t)
	for _, alg := range hasher.Algorithms {
		for _, called := range []string{alg.Command, "p" + alg.Command} {
			help := string(clitest.Ours.Output(t, []string{"--help"}, clitest.Settings{Called: called}).Stdout)
			first := fmt.Sprintf("Usage: %s [OPTION]... [FILE]...\nPrint or check %s (%d-bit) checksums", called, alg.Tag, 8*alg.Size)
			if !strings.HasPrefix(help, first) {
				t.Errorf("it begins %q, want %q", help[:min(len(help), len(first))], first)
			}
			for line := range strings.Lines(help) {
				if len(line) > 80+len("\n") {
					t.Errorf("%q is wider than a terminal", line)
				}
			}
		}
	}
}

// TestOthersNames checks that the names of tools with a different command line are
// rejected, whatever the arguments, and that GNU's names work with a g in front.
func TestOthersNames(t *testing.T) {
	clitest.NeedOwn(t)
	for called, use := range map[string]string{"sha256": "sha256sum", "/sbin/md5": "md5sum", "bin/shasum": "psha1sum"} {
		for _, args := range [][]string{nil, {"--help"}, {"-r", "."}, {"--no-such-option"}} {
			out := clitest.Ours.Output(t, args, clitest.Settings{Called: called})
			if out.Status != "exit 1" || len(out.Stdout) > 0 || !strings.HasPrefix(string(out.Stderr), called+": ") || !strings.Contains(string(out.Stderr), "; use the name "+use+" ") {
				t.Errorf("%s %q: %s", called, args, out)
			}
		}
	}
	dir := t.TempDir()
	clitest.Write(t, dir, "a", "one")
	want := clitest.Ours.Output(t, []string{"a", "missing"}, clitest.Settings{Called: "sha256sum", Dir: dir})
	got := clitest.Ours.Output(t, []string{"a", "missing"}, clitest.Settings{Called: "/opt/bin/gsha256sum", Dir: dir})
	if string(got.Stdout) != string(want.Stdout) || string(got.Stderr) != "/opt/bin/g"+string(want.Stderr) {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

// TestVersion checks that the first line ends with the version.
func TestVersion(t *testing.T) {
	clitest.EachTool(t, func(t *testing.T, tool *clitest.Tool) {
		out := tool.Output(t, []string{"--version"}, clitest.Settings{})
		first, _, found := strings.Cut(string(out.Stdout), "\n")
		words := strings.Fields(first)
		if out.Status != "exit 0" || len(out.Stderr) > 0 || !found || len(words) < 2 {
			t.Fatalf("%s", out)
		}
		// Without scripts/build there is no version to know.
		if version := words[len(words)-1]; !regexp.MustCompile(`^v?\d+\.\d+|^\(?devel\)?$`).MatchString(version) {
			t.Errorf("the version is %q", version)
		}
	})
}
