//go:build unix

package check_test

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/psha1sum/psha1sum/internal/clitest"
	"github.com/psha1sum/psha1sum/internal/large"
)

// TestBeneathHarmless: of manifests that lead nowhere else, --beneath changes
// nothing that is printed.
func TestBeneathHarmless(t *testing.T) {
	t.Parallel()
	clitest.NeedOwn(t)
	rounds := large.Or(20, 60)
	if testing.Short() || clitest.RaceEnabled {
		rounds = 10
	}
	for n := range rounds {
		g := clitest.NewGenerator(*clitest.Seed, uint64(n))
		tr := &clitest.Tree{Dir: t.TempDir()}
		clitest.Write(t, tr.Dir, "sub/manifest", harmlessManifest(t, g, tr))
		options := slices.Concat([]string{"-c"}, clitest.Pick(g, nil, []string{"-w"}, []string{"--quiet"}, []string{"--status"}, []string{"--strict"}),
			clitest.Pick(g, nil, []string{"--ignore-missing"}), clitest.Pick(g, nil, []string{"-a", "auto"}), clitest.Pick(g, nil, []string{"--io-jobs=3"}),
			clitest.Pick(g, []string{"sub/manifest"}, []string{"-C", "sub/..", "sub/manifest"}, []string{"sub/manifest", "sub/manifest"}))
		s := clitest.Settings{Dir: tr.Dir, Env: g.Locale()}
		want := clitest.Ours.Output(t, options, s)
		got := clitest.Ours.Output(t, append([]string{"--beneath"}, options...), s)
		if got.Status != want.Status || string(got.Stdout) != string(want.Stdout) || string(got.Stderr) != string(want.Stderr) {
			t.Errorf("seed %d, %d: %q\nwith --beneath\n%s\nwithout\n%s", *clitest.Seed, n, options, got, want)
		}
	}
}

// harmlessManifest makes a tree and a manifest of it, in which not everything
// matches or is there.
func harmlessManifest(t *testing.T, g clitest.Generator, tr *clitest.Tree) string {
	for range 20 {
		name := g.Name()
		if name == "-" || clitest.Exists(tr.Path(name)) {
			continue
		}
		clitest.Weighted(g, []clitest.Choice[func(*testing.T, clitest.Generator, string)]{
			{Weight: 40, Value: tr.AddFile},
			{Weight: 10, Value: tr.AddDirectory},
			{Weight: 5, Value: tr.AddUnreadable},
			{Weight: 5, Value: func(t *testing.T, g clitest.Generator, name string) {
				if len(tr.Readable) > 0 && os.Symlink(clitest.Pick(g, tr.Readable...), tr.Path(name)) == nil {
					tr.Readable = append(tr.Readable, name)
				}
			}},
		})(t, g, name)
	}
	names := slices.Concat(tr.Readable, tr.Others, []string{
		"missing", "missing/x", ".", "./", "./missing", strings.Repeat("n", 256), strings.Repeat("long/", 1000),
	})
	// That one may not open a directory isn't asked with --beneath, which opens none.
	names = slices.DeleteFunc(names, func(name string) bool {
		info, err := os.Stat(tr.Path(name))
		return err == nil && info.IsDir() && info.Mode().Perm() == 0
	})
	for _, name := range tr.Readable {
		names = append(names, "./"+name, ".//"+name, name+"/", name+"/.", name+"/x")
	}
	var b strings.Builder
	for range 60 {
		name := clitest.Pick(g, names...)
		content, _ := os.ReadFile(tr.Path(name))
		if g.Chance(10) {
			content = append(content, "changed"...)
		}
		b.WriteString(clitest.FormatLine(clitest.Pick(g, clitest.Styles...), content, name) + "\n")
		if g.Chance(5) {
			b.WriteString("junk\n")
		}
	}
	return b.String()
}

// secret is what no manifest may find out about.
const secret = "secret\n"

// A hostileDir is a directory full of ways out of it, and names that try them.
type hostileDir struct {
	top   string // the secret is here
	base  string
	names []string
	leaks int // of the names, at least, without --beneath
}

// newHostileDir makes one.
func newHostileDir(t *testing.T) *hostileDir {
	t.Helper()
	l := &hostileDir{top: t.TempDir()}
	l.base = filepath.Join(l.top, "base")
	clitest.Write(t, l.top, "secret", secret)
	clitest.Write(t, l.top, "secrets/secret", secret)
	clitest.Write(t, l.top, "new\nline", secret)
	clitest.Write(t, l.base, "harmless", "harmless")
	clitest.Write(t, l.base, "a/b/c", "harmless")
	for name, to := range map[string]string{
		"relative": "../secret", "absolute": l.top + "/secret", "up": "..", "a/up": "../..", "a/b/up": "../../..",
		"root": "/", "again": "relative", "round": "a/b/../../../secret", "directory": "../secrets", "a/directory": "../directory/",
		"back": "../base/../secret", "top": l.top, "dots": "./.././secret", "stdin": "/dev/stdin", "fd": "/proc/self/fd/0",
		"devfd": "/dev/fd/0", "loop": "loop", "loop1": "loop2", "loop2": "loop1", "to-fifo": "fifo", "null": "/dev/null",
		"passwd": "/etc/passwd", "a/b/new\nline": l.top + "/new\nline",
	} {
		if err := os.Symlink(to, filepath.Join(l.base, name)); err != nil {
			t.Fatal(err)
		}
	}
	clitest.MakeFIFO(t, filepath.Join(l.base, "fifo"))
	clitest.MakeFIFO(t, filepath.Join(l.base, "a/fifo"))
	l.names = []string{
		// These read the secret if nobody minds.
		l.top + "/secret", "/" + l.top + "/secret", l.top + "//./secret", "../secret", "a/../../secret", "./../secret",
		".//..//secret", "a/b/../../../secret", "a//..///..//secret", "../base/../secret", "../new\nline",
		"relative", "absolute", "up/secret", "up//./secret", "a/up/secret", "a/b/up/secret", "again", "round",
		"directory/secret", "a/directory/secret", "a/directory//secret", "back", "top/secret", "dots", "up/base/up/secret",
		"root" + l.top + "/secret", "up/base/relative", "a/b/new\nline", strings.Repeat("./", 1000) + "../secret",
		strings.Repeat("a/../", 500) + "relative", "-",
	}
	l.leaks = len(l.names)
	if clitest.Exists("/proc/self/fd") { // then these are standard input
		l.names = append(l.names, "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0", "stdin", "fd", "devfd", "root/dev/stdin", "root/proc/self/fd/0",
			"/proc/thread-self/fd/0", "//dev/.//stdin")
	}
	return l
}

// hostile are names that lead nowhere, or to what must not be opened at all.
func (l *hostileDir) hostile() []string {
	return []string{
		"fifo", "to-fifo", "a/fifo", "./fifo", "a/../fifo", "up/base/fifo", l.base + "/fifo", "fifo/", "fifo/..",
		"..", "../", ".", "./", "/", "//", "///.", "a", "a/", "a/b/.", "up", "root", "root/", "/..",
		"loop", "loop/x", "loop1", "null", "/dev/null", "/dev/zero", "/dev/full", "/dev/tty", "root/dev/zero", "passwd", "/etc/passwd",
		"relative/", "relative/.", "relative/x", "harmless/", "harmless/..", "harmless/../harmless", "harmless/x",
		"up/nothing", "/nothing", "../nothing", "root/nothing", "-/", "-/..", strings.Repeat("x", 256),
		strings.Repeat("x", 100_000), strings.Repeat("a/../", 10_000) + "harmless", strings.Repeat("../", 5000) + "etc/passwd",
		strings.Repeat("/", 5000), "\xff/../../secret", "a\n/../../secret", "..\n/secret", "...", "../\n", `..\secret`, `\..\secret`,
		"/dev/fd/1", "/dev/fd/2", "/proc/self/mem", "/proc/self/environ", "/proc/self/exe", "/proc/1/root/etc/passwd",
	}
}

// manifest lists all names with the secret's digest, so that OK is a leak, and a
// harmless file between them.
func (l *hostileDir) manifest(names []string) string {
	var b strings.Builder
	for _, name := range names {
		b.WriteString(clitest.LineOf(secret, name))
		b.WriteString(clitest.LineOf("harmless", "./harmless"))
	}
	return b.String()
}

// check runs a tool over a manifest in that directory. Standard input is the secret.
func (l *hostileDir) check(t *testing.T, manifest string, s clitest.Settings, options ...string) clitest.Outcome {
	t.Helper()
	clitest.Write(t, l.top, "manifest", manifest)
	stdin := clitest.Open(t, filepath.Join(l.top, "secret"), os.O_RDONLY)
	defer stdin.Close()
	s.Dir, s.Stdin = l.base, stdin
	got := clitest.Ours.Output(t, append([]string{"-c", "../manifest"}, options...), s)
	var err error
	if got.Offset, err = stdin.Seek(0, io.SeekCurrent); err != nil {
		t.Fatal(err)
	}
	return got
}

// leaks counts the names that were found to be the secret.
func leaks(out clitest.Outcome) int {
	return strings.Count(string(out.Stdout), ": OK\n") - strings.Count(string(out.Stdout), "./harmless: OK\n")
}

// wantRefusals tells whether all names but the harmless one failed, each with a
// reason, and standard input was left alone.
func (l *hostileDir) wantRefusals(t *testing.T, got clitest.Outcome, names []string) {
	t.Helper()
	if n := leaks(got); n > 0 || got.Status != "exit 1" || got.Offset != 0 {
		t.Errorf("%d leaks\n%s", n, got)
	}
	verdicts := strings.SplitAfter(string(got.Stdout), "\n")
	reasons := strings.SplitAfter(string(got.Stderr), "\n")
	if len(verdicts) != 2*len(names)+1 || len(reasons) != len(names)+2 {
		t.Fatalf("%d verdicts and %d reasons about %d names\n%s", len(verdicts)-1, len(reasons)-1, len(names), got)
	}
	for i, name := range names {
		if !strings.HasSuffix(verdicts[2*i], ": FAILED open or read\n") || verdicts[2*i+1] != "./harmless: OK\n" {
			t.Errorf("%.100q: %q, %q", name, verdicts[2*i], verdicts[2*i+1])
		}
	}
}

// TestBeneathHostile has a manifest with every kind of evil name. None of them
// reads the secret, none hangs, and all are complained about.
func TestBeneathHostile(t *testing.T) {
	t.Parallel()
	clitest.NeedOwn(t)
	l := newHostileDir(t)
	// Without the option they do leak, so that this test would notice.
	if got := l.check(t, l.manifest(l.names), clitest.Settings{}); leaks(got) < l.leaks {
		t.Fatalf("%d leaks without --beneath, want %d at least\n%s", leaks(got), l.leaks, got)
	}
	names := slices.Concat(l.names, l.hostile())
	for _, options := range [][]string{
		{"--beneath"},
		{"--beneath", "-C", "../base"},
		{"--beneath", "-C", "../base/a/.."},
		{"--beneath", "-j1", "--io-jobs=1"},
		{"--beneath", "-a", "auto"},
	} {
		t.Run(strings.Join(options, " "), func(t *testing.T) {
			l.wantRefusals(t, l.check(t, l.manifest(names), clitest.Settings{}, options...), names)
		})
	}
	t.Run("ignore-missing", func(t *testing.T) {
		refused := slices.DeleteFunc(slices.Clone(names), func(name string) bool {
			return slices.Contains([]string{"-/", "...", "..\n/secret", `..\secret`, `\..\secret`}, name) // just missing
		})
		got := l.check(t, l.manifest(refused), clitest.Settings{}, "--beneath", "--ignore-missing")
		l.wantRefusals(t, got, refused)
		if strings.Contains(string(got.Stderr), "No such file") {
			t.Errorf("%s", got)
		}
	})
	t.Run("own directory", func(t *testing.T) {
		clitest.Write(t, l.base, "manifest", l.manifest(names))
		got := clitest.Ours.Output(t, []string{"-c", "--beneath", "--relative-to=manifest", "base/manifest"}, clitest.Settings{Dir: l.top})
		got.Offset = 0
		l.wantRefusals(t, got, names)
	})
}

// TestBeneathLocale quotes names in refusals like any others.
func TestBeneathLocale(t *testing.T) {
	t.Parallel()
	clitest.NeedOwn(t)
	dir := t.TempDir()
	clitest.Write(t, dir, "manifest", clitest.LineOf("", "/n\xc3\xa9 x")+clitest.LineOf("", "../it's\t"))
	for locale, want := range map[string]string{
		"LC_ALL=C.UTF-8": "'/n\u00e9 x'",
		"LC_ALL=C":       `'/n'$'\303\251'' x'`,
	} {
		got := clitest.Ours.Output(t, []string{"-c", "--beneath", "manifest"}, clitest.Settings{Dir: dir, Env: []string{locale}})
		want := fmt.Sprintf("sha1sum: %s: refused: absolute name\nsha1sum: '../it'\\''s'$'\\t': refused: '..' in the name\n", want)
		if !strings.HasPrefix(string(got.Stderr), want) {
			t.Errorf("%s: want %q, got\n%s", locale, want, got)
		}
	}
}

// TestBeneathPermissions: what a user may not read or reach is refused by the
// system, in the same words.
func TestBeneathPermissions(t *testing.T) {
	clitest.NeedOwn(t)
	dir := clitest.PublicDir(t)
	s := clitest.Unprivileged(t, dir)
	var manifest string
	for name, mode := range map[string]os.FileMode{"open": 0o644, "secret": 0, "write-only": 0o222, "execute-only": 0o111} {
		clitest.Write(t, dir, name, "open")
		clitest.Chmod(t, dir+"/"+name, mode)
		manifest += clitest.LineOf("open", name)
	}
	for name, mode := range map[string]os.FileMode{"no search": 0o444, "no list": 0o111, "locked": 0} {
		clitest.Write(t, dir, name+"/inside", "open")
		clitest.Write(t, dir, name+"/manifest", clitest.LineOf("open", "inside"))
		manifest += clitest.LineOf("open", name+"/inside") + clitest.LineOf("open", name+"/missing")
		clitest.Chmod(t, dir+"/"+name, mode)
		t.Cleanup(func() { os.Chmod(dir+"/"+name, 0o755) })
	}
	clitest.Write(t, dir, "manifest", manifest)
	for _, args := range [][]string{
		{"-c", "manifest"}, {"-c", "--ignore-missing", "manifest"}, {"-c", "manifest", "-C", "no list"}, {"-c", "manifest", "-C", "locked"},
		{"-c", "--relative-to=manifest", "no list/manifest", "locked/manifest", "no search/manifest", "manifest"},
	} {
		want, got := clitest.Ours.Output(t, args, s), clitest.Ours.Output(t, append([]string{"--beneath"}, args...), s)
		if difference := clitest.Compare(got, want); difference != "" {
			t.Errorf("%q: %s differ\nwithout --beneath\n%swith it\n%s", args, difference, want, got)
		}
	}
}
