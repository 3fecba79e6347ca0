//go:build linux

package main

import (
	"crypto/sha1"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"
)

// A sandbox is a directory that another process changes, with secrets beside it that
// links lead to. The digest of a secret must never be printed.
//
//	base/dN/fN       harmless files; psha1sum reads below base
//	base/dN/sub/fN   the same, deeper
//	secret/fN        must not be read, nor secret/sub/fN
//	away/            where directories are moved, so that "../secret" leads
//	                 to another directory than from base
//	spare/           links to be exchanged with files in base
type sandbox struct {
	top     string
	names   []string          // of harmless files, relative to base
	digests map[string]string // of these files
	secrets map[string]bool   // digests
}

const (
	sandboxDirs  = 5
	sandboxFiles = 8
)

func (l *sandbox) base() string { return filepath.Join(l.top, "base") }

// newSandbox creates a sandbox.
func newSandbox(top string) (*sandbox, error) {
	l := &sandbox{top: top, digests: make(map[string]string), secrets: make(map[string]bool)}
	for _, dir := range []string{"base", "secret/sub", "away/secret/sub", "spare"} {
		if err := os.MkdirAll(filepath.Join(top, dir), 0o755); err != nil {
			return nil, err
		}
	}
	for i := range sandboxDirs {
		for _, sub := range []string{"", "/sub"} {
			dir := fmt.Sprintf("d%d%s", i, sub)
			if err := os.MkdirAll(filepath.Join(l.base(), dir), 0o755); err != nil {
				return nil, err
			}
			for j := range sandboxFiles {
				if err := l.harmless(fmt.Sprintf("%s/f%d", dir, j)); err != nil {
					return nil, err
				}
			}
		}
	}
	for _, dir := range []string{"secret", "secret/sub", "away/secret", "away/secret/sub"} {
		for j := range sandboxFiles {
			text := fmt.Sprintf("the secret of %s/f%d", dir, j)
			l.secrets[sha1Hex(text)] = true
			if err := os.WriteFile(filepath.Join(top, dir, fmt.Sprintf("f%d", j)), []byte(text), 0o644); err != nil {
				return nil, err
			}
		}
	}
	return l, nil
}

// harmless creates a file that may be read.
func (l *sandbox) harmless(name string) error {
	text := "nothing of interest in " + name
	l.names = append(l.names, name)
	l.digests[name] = sha1Hex(text)
	return os.WriteFile(filepath.Join(l.base(), name), []byte(text), 0o644)
}

func sha1Hex(text string) string { return fmt.Sprintf("%x", sha1.Sum([]byte(text))) }

// A swap exchanges two paths.
type swap struct{ a, b string }

func (s swap) do() error {
	return unix.Renameat2(unix.AT_FDCWD, s.a, unix.AT_FDCWD, s.b, unix.RENAME_EXCHANGE)
}

// swaps creates links in spare and returns the exchanges.
func (l *sandbox) swaps(r *rand.Rand) (all []swap, err error) {
	link := func(to string) string {
		name := filepath.Join(l.top, "spare", fmt.Sprint(len(all)))
		if err == nil {
			err = os.Symlink(to, name)
		}
		return name
	}
	add := func(name, to string) { all = append(all, swap{filepath.Join(l.base(), name), link(to)}) }
	secret := filepath.Join(l.top, "secret")
	for i := range sandboxDirs {
		// Nothing below an exchanged path may be exchanged too: that would move a
		// secret into base, or lose it.
		dir := fmt.Sprintf("d%d", i)
		file := fmt.Sprintf("%s/f%d", dir, r.IntN(sandboxFiles))
		switch r.IntN(7) {
		case 0:
			add(file, secret+"/f1")
		case 1:
			add(file, "../../secret/f2") // seen from base/dN
		case 2:
			add(dir, secret)
		case 3:
			add(dir, "../secret")
		case 4:
			add(dir+"/sub", pick(r, secret, "../../secret"))
		case 5: // moves a directory to where ".." is another one
			moved := filepath.Join(l.top, "away", dir)
			err = errors.Join(err, os.Mkdir(moved, 0o755))
			all = append(all, swap{filepath.Join(l.base(), dir), moved})
		case 6:
			fifo := filepath.Join(l.top, "spare", "fifo"+dir)
			err = errors.Join(err, syscall.Mkfifo(fifo, 0o644))
			all = append(all, swap{filepath.Join(l.base(), file), fifo})
		}
	}
	return all, err
}

// attackBeneath runs psha1sum on a directory in which another process exchanges files
// and directories with links.
func attackBeneath(t *trial) {
	l, err := newSandbox(filepath.Join(t.dir, "sandbox"))
	if err != nil {
		t.note("no directory to attack: %v", err)
		return
	}
	all, err := l.swaps(t.Rand)
	if err != nil {
		t.note("no links to attack with: %v", err)
		return
	}
	if err := all[0].do(); err != nil {
		t.note("renameat2 can't exchange files: %v", err)
		return
	}
	all[0].do()
	if err := l.writeManifest(t.Rand); err != nil {
		t.note("%v", err)
		return
	}
	var stop atomic.Bool
	swapped := make(chan int)
	go func(r *rand.Rand) {
		n := 0
		for ; !stop.Load(); n++ {
			all[r.IntN(len(all))].do() // fails if one doesn't exist at the moment
		}
		swapped <- n
	}(t.fork())
	for range 40 {
		if t.over() {
			break
		}
		if t.chance(50) {
			t.checkSandbox(l)
		} else {
			t.walkSandbox(l)
		}
	}
	stop.Store(true)
	t.count("exchanges", <-swapped)
}

// writeManifest lists each file with its own digest, with a secret's, and by paths
// through directories that are moved.
func (l *sandbox) writeManifest(r *rand.Rand) error {
	var secrets []string
	for digest := range l.secrets {
		secrets = append(secrets, digest)
	}
	slices.Sort(secrets)
	var lines []string
	for range 3 {
		for _, name := range l.names {
			lines = append(lines, fmt.Sprintf("%s  %s\n", l.digests[name], name))
		}
	}
	for _, secret := range secrets {
		for i := range sandboxDirs {
			for _, form := range []string{"d%d/f1", "d%d/f2", "d%d/sub/f3", "d%d/../secret/f4", "d%d/../d0/f5", "d%d/sub/../../secret/f6", "d%d/sub/../../../secret/f6"} {
				lines = append(lines, fmt.Sprintf("%s  %s\n", secret, fmt.Sprintf(form, i)))
			}
		}
	}
	r.Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
	return os.WriteFile(filepath.Join(l.top, "manifest"), []byte(strings.Join(lines, "")), 0o644)
}

// sandboxSettings chooses random options, half of the time without openat2(2).
func (t *trial) sandboxSettings(c *command) (args []string) {
	args = randomSettings(t, c)
	if t.chance(50) && t.machine.seccomp {
		c.denied.Calls = map[string]syscall.Errno{"openat2": pick(t.Rand, unix.ENOSYS, unix.EPERM)}
	}
	if t.chance(15) {
		args = append(args, "--cache="+filepath.Join(t.dir, "cache"))
	}
	return args
}

// checkSandbox verifies the manifest with --beneath. A line with a secret's digest must
// not be OK, and --json must not print a secret's digest.
func (t *trial) checkSandbox(l *sandbox) {
	c := command{dir: l.base()}
	c.args = append(t.sandboxSettings(&c), "--check", "--beneath")
	json := t.chance(30)
	if json {
		c.args = append(c.args, "--json")
	}
	if t.chance(20) {
		c.args = append(c.args, "--explain")
	}
	if t.chance(20) {
		c.args = append(c.args, "--audit=.")
	}
	c.args = append(c.args, "../manifest")
	manifest, _ := os.ReadFile(filepath.Join(l.top, "manifest"))
	o := t.run(c)
	t.count("lines", strings.Count(o.stdout, "\n"))
	t.noSecret(l, c, o)
	if json || t.ended() {
		return
	}
	listed := strings.Split(strings.TrimSuffix(string(manifest), "\n"), "\n")
	printed := strings.Split(o.stdout, "\n")
	for i, line := range listed {
		digest, name, _ := strings.Cut(line, "  ")
		if i >= len(printed) || !strings.HasPrefix(printed[i], name+": ") {
			t.find("line %d is missing: %q\n%s\n%s", i+1, line, c.words(), o)
			return
		}
		if l.secrets[digest] && strings.HasSuffix(printed[i], ": OK") {
			t.find("a secret was read: %q\n%s", printed[i], c.words())
			return
		}
		if !l.secrets[digest] && strings.HasSuffix(printed[i], ": FAILED") {
			t.find("something else was read: %q\n%s", printed[i], c.words())
			return
		}
	}
}

// walkSandbox runs psha1sum -r.
func (t *trial) walkSandbox(l *sandbox) {
	c := command{dir: l.base()}
	c.args = append(t.sandboxSettings(&c), "-r")
	if t.chance(30) {
		c.args = append(c.args, "--json")
	}
	o := t.run(c)
	t.count("lines", strings.Count(o.stdout, "\n"))
	t.noSecret(l, c, o)
}

// noSecret looks for the digest of a secret in the output, at the beginning of a line
// or in --json.
func (t *trial) noSecret(l *sandbox, c command, o outcome) {
	for text := range strings.Lines(o.stdout) {
		digest := text
		if strings.HasPrefix(text, "{") {
			_, digest, _ = strings.Cut(text, `"digest":"`)
		}
		if len(digest) >= 40 && l.secrets[digest[:40]] {
			t.find("a secret was read: %q\n%s", text, c.words())
			return
		}
	}
}
