//go:build unix

package glob_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/psha1sum/psha1sum/internal/glob"
	"github.com/psha1sum/psha1sum/internal/large"
)

// A rule is one line of a .gitignore, or one option.
type rule struct {
	pattern string
	include bool
}

// line returns the rule as a line of a .gitignore.
func (r rule) line() string {
	text := r.pattern
	switch rest := strings.TrimPrefix(text, "/"); {
	case strings.HasPrefix(text, "!"), strings.HasPrefix(text, "#"):
		text = `\` + text
	case directoriesBehindName(rest):
		text = text[:len(text)-len(rest)] + `\` + rest
	}
	text = keepBlanks(text)
	if r.include {
		text = "!" + text
	}
	return text
}

// directoriesBehindName reports whether a pattern's first wildcards are asterisks after
// part of a name. git removes what precedes the first wildcard before it matches; 2.39
// at least then treats ** as if it were at the beginning of a name, so that a**/b
// matches ab, contrary to its manual. A backslash counts as a wildcard there.
func directoriesBehindName(pattern string) bool {
	i := strings.IndexAny(pattern, `*?[\`)
	return i > 0 && strings.HasPrefix(pattern[i:], "**")
}

// keepBlanks escapes trailing blanks that aren't escaped.
func keepBlanks(text string) string {
	end := 0 // of what isn't trailing blanks
	for i := 0; i < len(text); i++ {
		if text[i] == '\\' {
			i++
		} else if text[i] == ' ' {
			continue
		}
		end = min(i+1, len(text))
	}
	return text[:end] + strings.ReplaceAll(text[end:], " ", `\ `)
}

// A tree has paths, including directories, on which rules are tested.
type tree struct {
	rules       []rule
	files, dirs []string
}

// gitignore returns the rules in git's syntax.
func (tr *tree) gitignore() string {
	var lines strings.Builder
	for _, r := range tr.rules {
		lines.WriteString(r.line() + "\n")
	}
	return lines.String()
}

func (tr *tree) paths() []string { return slices.Concat(tr.dirs, tr.files) }

// randomTree returns a tree and rules, some of which match there. Many trees have a
// single rule, whose effect can't be hidden by another.
func randomTree(rng *rand.Rand) *tree {
	tr := &tree{}
	for range 4 {
		path := randomPath(rng, nameLetters)
		tr.files = append(tr.files, path)
		for i := range len(path) {
			if path[i] == '/' {
				tr.dirs = append(tr.dirs, path[:i])
			}
		}
	}
	slices.Sort(tr.dirs)
	tr.dirs = slices.Compact(tr.dirs)
	tr.files = slices.DeleteFunc(tr.files, func(file string) bool { return slices.Contains(tr.dirs, file) })
	rules := 1
	if rng.IntN(2) == 0 {
		rules += 1 + rng.IntN(4)
	}
	for range rules {
		pattern := randomPattern(rng, patternPieces, pick(rng, tr.paths()))
		tr.rules = append(tr.rules, rule{pattern, rules > 1 && rng.IntN(3) == 0})
	}
	return tr
}

// TestAgainstGit compares git with a Filter, whose caller doesn't descend into excluded
// directories, on random paths. Patterns that Parse rejects are given to git only,
// where they must match nothing.
func TestAgainstGit(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 11))
	trees := large.Or(300, 1000) // per process
	processes := 2
	if testing.Short() {
		processes = 1
	}
	for range processes {
		repository := newRepository(t)
		var all []*tree
		for i := range trees {
			tr := randomTree(rng)
			all = append(all, tr)
			repository.add(fmt.Sprint(i), tr)
		}
		verdicts := repository.ask()
		decided := 0
		for i, tr := range all {
			compare(t, tr, func(path string) string {
				verdict := verdicts[fmt.Sprint(i, "/", path)]
				if verdict != "" {
					decided++
				}
				return verdict
			})
		}
		t.Logf("a pattern of %d trees decided about %d of %d paths", len(all), decided, len(verdicts))
		if decided < len(verdicts)/20 {
			t.Error("that is too few to mean much")
		}
	}
}

// compare compares a Filter's result for each path of a tree with the pattern by which
// git decided, or "".
func compare(t *testing.T, tr *tree, verdict func(path string) string) {
	t.Helper()
	var filter glob.Filter
	var added []rule
	for _, r := range tr.rules {
		if p, err := glob.Parse(r.pattern); err == nil {
			filter.Add(p, r.include)
			added = append(added, r)
		}
	}
	onlyIncluded := len(added) > 0 && added[0].include // git has no such mode
	for _, path := range tr.paths() {
		dir := slices.Contains(tr.dirs, path)
		line := verdict(path)
		want := strings.HasPrefix(line, "!")
		if line == "" {
			want = dir || !onlyIncluded
		}
		if got := walk(&filter, path, dir); got != want {
			t.Errorf("%q with %q, directory %v: %v; git decides by %q", tr.gitignore(), path, dir, got, line)
		}
	}
}

// walk reports whether a caller that descends reaches a path and it is included.
func walk(f *glob.Filter, path string, dir bool) bool {
	for i := range len(path) {
		if path[i] == '/' && !f.Includes(path[:i], true) {
			return false
		}
	}
	return f.Includes(path, dir)
}

// TestNamedClassesAgainstGit tests each class with each byte that a name may contain.
func TestNamedClassesAgainstGit(t *testing.T) {
	repository := newRepository(t)
	trees := map[string]*tree{}
	for _, name := range []string{
		"alnum", "alpha", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space", "upper", "xdigit", "foo", "",
	} {
		tr := &tree{rules: []rule{{"x[[:" + name + ":]]", false}}}
		for c := 1; c <= 0xff; c++ {
			if c != '/' {
				tr.files = append(tr.files, "x"+string([]byte{byte(c)}))
			}
		}
		directory := "class " + name
		trees[directory] = tr
		repository.add(directory, tr)
	}
	verdicts := repository.ask()
	for directory, tr := range trees {
		compare(t, tr, func(path string) string { return verdicts[directory+"/"+path] })
	}
}

// A repository has one tree per directory, with its own .gitignore.
type repository struct {
	t     *testing.T
	git   string
	dir   string
	paths []string // to query
}

func newRepository(t *testing.T) *repository {
	t.Helper()
	git, err := exec.LookPath("git")
	if err != nil {
		if os.Getenv("PSHA1SUM_NO_SKIP") == "1" {
			t.Fatal("no git is installed")
		}
		t.Skip("no git is installed")
	}
	r := &repository{t: t, git: git, dir: t.TempDir()}
	if output, err := r.command("init", "-q").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	return r
}

// command returns a git command that is independent of the user's configuration and of
// any repository around the tests.
func (r *repository) command(args ...string) *exec.Cmd {
	cmd := exec.Command(r.git, append([]string{"-c", "core.ignorecase=false"}, args...)...)
	cmd.Dir = r.dir
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + r.dir, "LC_ALL=C",
		"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=" + os.DevNull,
	}
	return cmd
}

// add creates the directory of a tree. Files need not exist; git treats what doesn't
// exist as a file.
func (r *repository) add(directory string, tr *tree) {
	r.t.Helper()
	top := filepath.Join(r.dir, directory)
	for _, dir := range append(tr.dirs, "") {
		if err := os.MkdirAll(filepath.Join(top, dir), 0o755); err != nil {
			r.t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(top, ".gitignore"), []byte(tr.gitignore()), 0o644); err != nil {
		r.t.Fatal(err)
	}
	for _, path := range tr.paths() {
		r.paths = append(r.paths, directory+"/"+path)
	}
}

// ask returns, for each path, the line of the .gitignore that decided about it or a
// parent directory, or "".
func (r *repository) ask() map[string]string {
	r.t.Helper()
	cmd := r.command("check-ignore", "--no-index", "-z", "-v", "-n", "--stdin")
	cmd.Stdin = strings.NewReader(strings.Join(r.paths, "\x00") + "\x00")
	var complaint strings.Builder
	cmd.Stderr = &complaint
	output, err := cmd.Output()
	// Status 1 means that nothing is ignored.
	if exit, ok := errors.AsType[*exec.ExitError](err); err != nil && (!ok || exit.ExitCode() != 1) {
		r.t.Fatalf("%v: %s", err, complaint.String())
	}
	verdicts := map[string]string{}
	// Four fields per path: file, line number, line, path.
	for record := range slices.Chunk(strings.Split(string(output), "\x00"), 4) {
		if len(record) == 4 {
			verdicts[record[3]] = record[2]
		}
	}
	for _, path := range r.paths {
		if _, ok := verdicts[path]; !ok {
			r.t.Fatalf("git says nothing about %q", path)
		}
	}
	return verdicts
}
