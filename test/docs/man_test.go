//go:build unix

package docs_test

import (
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/psha1sum/psha1sum/hasher"
	"github.com/psha1sum/psha1sum/internal/clitest"
)

// manPage returns the lines of the manual page without fonts and escapes.
func manPage(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile(clitest.Path(t, "doc/psha1sum.1"))
	if err != nil {
		t.Fatal(err)
	}
	plain := regexp.MustCompile(`\\f[BIR]|\\&`).ReplaceAllString(string(text), "")
	return strings.Split(strings.ReplaceAll(plain, `\-`, "-"), "\n")
}

// manSection returns the lines below a heading.
func manSection(t *testing.T, page []string, heading string) []string {
	t.Helper()
	begin := slices.Index(page, ".SH "+heading)
	if begin < 0 {
		t.Fatalf("the page has no section %s", heading)
	}
	section := page[begin+1:]
	if end := slices.IndexFunc(section, func(line string) bool { return strings.HasPrefix(line, ".SH ") }); end >= 0 {
		section = section[:end]
	}
	return section
}

// TestManOptions checks that the manual page describes exactly the options that --help
// lists, in the same groups and order.
func TestManOptions(t *testing.T) {
	var groups []listedGroup
	section := manSection(t, manPage(t), "OPTIONS")
	for i, line := range section {
		switch {
		case strings.HasPrefix(line, ".SS "):
			heading := strings.Trim(strings.TrimPrefix(line, ".SS "), `"`)
			groups = append(groups, listedGroup{heading: heading})
		case line == ".TP" && len(groups) == 0:
			t.Fatalf("%q belongs to no group", section[i+1])
		case line == ".TP":
			last := &groups[len(groups)-1]
			last.options = append(last.options, formOf(section[i+1]))
		}
	}
	const gnus = 3 // groups of GNU's, whose headings in the help are none or sentences
	want := listing(t)
	if len(groups) != len(want) {
		t.Fatalf("%d groups, want %d", len(groups), len(want))
	}
	for i, g := range groups {
		if !slices.Equal(g.options, want[i].options) {
			t.Errorf("%s\ngot  %v\nwant %v", g.heading, g.options, want[i].options)
		}
		if i >= gnus && g.heading+":" != want[i].heading {
			t.Errorf("the heading is %q, that of the help %q", g.heading, want[i].heading)
		}
	}
}

// TestManMentions checks that everything in the manual page that looks like a long option
// is one.
func TestManMentions(t *testing.T) {
	var known []string
	for _, o := range listedForms(t) {
		known = append(known, o.long)
	}
	word := regexp.MustCompile(`(?:^|[ "(])(--[a-z0-9-]+)`)
	for _, line := range manPage(t) {
		for _, match := range word.FindAllStringSubmatch(line, -1) {
			if !slices.Contains(known, match[1]) {
				t.Errorf("no option is called %s: %s", match[1], line)
			}
		}
	}
}

// TestManAlgorithms checks that the manual page lists the algorithms with their tools'
// names and their tags.
func TestManAlgorithms(t *testing.T) {
	var got, want []string
	section := manSection(t, manPage(t), "ALGORITHMS")
	for i, line := range section {
		if line == ".TP" {
			got = append(got, strings.Join(section[i+1:i+5], " "))
		}
	}
	for _, alg := range hasher.Algorithms {
		want = append(want, ".B "+alg.Name+" .BR "+alg.Command+" , .BR p"+alg.Command+" : "+alg.Tag)
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestManVariables checks that the manual page lists exactly the environment variables
// that the program reads.
func TestManVariables(t *testing.T) {
	var got []string
	section := manSection(t, manPage(t), "ENVIRONMENT")
	for i, line := range section {
		if line == ".TP" {
			got = append(got, regexp.MustCompile(`[A-Z0-9_]{4,}`).FindAllString(section[i+1], -1)...)
		}
	}
	want := []string{"POSIXLY_CORRECT", "LC_ALL", "LC_CTYPE", "LANG", "TERM", "TMPDIR", "PSHA1SUM_DISABLE", "GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT", "GITHUB_WORKSPACE"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestManLint checks the manual page with the linters for its language.
func TestManLint(t *testing.T) {
	page := clitest.Path(t, "doc/psha1sum.1")
	for _, linter := range [][]string{
		{"groff", "-man", "-Tutf8", "-ww", "-z", page},
		{"mandoc", "-T", "lint", page},
	} {
		t.Run(linter[0], func(t *testing.T) {
			said, err := exec.Command(clitest.NeedProgram(t, linter[0]), linter[1:]...).CombinedOutput()
			if err != nil || len(said) > 0 {
				t.Errorf("%v\n%s", err, said)
			}
		})
	}
}
