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

// A lair is a directory that somebody else changes, and secrets beside it that
// links lead to. No digest of a secret may ever come out.
//
//	base/dN/fN       harmless files; what is below base is listed, or walked
//	base/dN/sub/fN   the same, deeper
//	secret/fN        what nobody may read, and secret/sub/fN
//	away/            where directories are moved, from where "../secret" leads
//	                 elsewhere than from base
//	spare/           links to take a place in base
type lair struct {
	top     string
	names   []string          // of harmless files, relative to base
	digests map[string]string // of them
	secrets map[string]bool   // digests
}

const (
	lairDirs  = 5
	lairFiles = 8
)

func (l *lair) base() string { return filepath.Join(l.top, "base") }

// newLair makes one.
func newLair(top string) (*lair, error) {
	l := &lair{top: top, digests: make(map[string]string), secrets: make(map[string]bool)}
	for _, dir := range []string{"base", "secret/sub", "away/secret/sub", "spare"} {
		if err := os.MkdirAll(filepath.Join(top, dir), 0o755); err != nil {
			return nil, err
		}
	}
	for i := range lairDirs {
		for _, sub := range []string{"", "/sub"} {
			dir := fmt.Sprintf("d%d%s", i, sub)
			if err := os.MkdirAll(filepath.Join(l.base(), dir), 0o755); err != nil {
				return nil, err
			}
			for j := range lairFiles {
				if err := l.harmless(fmt.Sprintf("%s/f%d", dir, j)); err != nil {
					return nil, err
				}
			}
		}
	}
	for _, dir := range []string{"secret", "secret/sub", "away/secret", "away/secret/sub"} {
		for j := range lairFiles {
			text := fmt.Sprintf("the secret of %s/f%d", dir, j)
			l.secrets[sha1Hex(text)] = true
			if err := os.WriteFile(filepath.Join(top, dir, fmt.Sprintf("f%d", j)), []byte(text), 0o644); err != nil {
				return nil, err
			}
		}
	}
	return l, nil
}

// harmless makes a file that may be read.
func (l *lair) harmless(name string) error {
	text := "nothing of interest in " + name
	l.names = append(l.names, name)
	l.digests[name] = sha1Hex(text)
	return os.WriteFile(filepath.Join(l.base(), name), []byte(text), 0o644)
}

func sha1Hex(text string) string { return fmt.Sprintf("%x", sha1.Sum([]byte(text))) }

// A swap exchanges what two paths name.
type swap struct{ a, b string }

func (s swap) do() error {
	return unix.Renameat2(unix.AT_FDCWD, s.a, unix.AT_FDCWD, s.b, unix.RENAME_EXCHANGE)
}

// swaps makes links in spare and returns what to exchange.
func (l *lair) swaps(r *rand.Rand) (all []swap, err error) {
	link := func(to string) string {
		name := filepath.Join(l.top, "spare", fmt.Sprint(len(all)))
		if err == nil {
			err = os.Symlink(to, name)
		}
		return name
	}
	add := func(name, to string) { all = append(all, swap{filepath.Join(l.base(), name), link(to)}) }
	secret := filepath.Join(l.top, "secret")
	for i := range lairDirs {
		// What is below something that is exchanged must not be exchanged as well: that
		// would put a secret itself, or lose it, where links lead.
		dir := fmt.Sprintf("d%d", i)
		file := fmt.Sprintf("%s/f%d", dir, r.IntN(lairFiles))
		switch r.IntN(7) {
		case 0:
			add(file, secret+"/f1")
		case 1:
			add(file, "../../secret/f2") // from base/dN
		case 2:
			add(dir, secret)
		case 3:
			add(dir, "../secret")
		case 4:
			add(dir+"/sub", pick(r, secret, "../../secret"))
		case 5: // a directory is moved to where ".." leads elsewhere
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

// attackBeneath has psha1sum read a directory in which another process puts links
// in the place of files and directories.
func attackBeneath(t *trial) {
	l, err := newLair(filepath.Join(t.dir, "lair"))
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
		t.note("nothing can be exchanged: renameat2: %v", err)
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
			all[r.IntN(len(all))].do() // what isn't there at the moment isn't exchanged
		}
		swapped <- n
	}(t.fork())
	for range 40 {
		if t.over() {
			break
		}
		if t.chance(50) {
			t.checkLair(l)
		} else {
			t.walkLair(l)
		}
	}
	stop.Store(true)
	t.count("exchanges", <-swapped)
}

// writeManifest lists each file with its digest, with a secret's, and by ways that
// lead through directories that are moved.
func (l *lair) writeManifest(r *rand.Rand) error {
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
		for i := range lairDirs {
			for _, form := range []string{"d%d/f1", "d%d/f2", "d%d/sub/f3", "d%d/../secret/f4", "d%d/../d0/f5", "d%d/sub/../../secret/f6", "d%d/sub/../../../secret/f6"} {
				lines = append(lines, fmt.Sprintf("%s  %s\n", secret, fmt.Sprintf(form, i)))
			}
		}
	}
	r.Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
	return os.WriteFile(filepath.Join(l.top, "manifest"), []byte(strings.Join(lines, "")), 0o644)
}

// lairSettings chooses how to go about it; half of the time as where there is no
// openat2(2).
func (t *trial) lairSettings(c *command) (args []string) {
	args = randomSettings(t, c)
	if t.chance(50) && t.machine.seccomp {
		c.denied.Calls = map[string]syscall.Errno{"openat2": pick(t.Rand, unix.ENOSYS, unix.EPERM)}
	}
	if t.chance(15) {
		args = append(args, "--cache="+filepath.Join(t.dir, "cache"))
	}
	return args
}

// checkLair verifies the manifest without trust. A line with a secret's digest that
// is OK was read outside, and so was a digest of --json that is a secret's.
func (t *trial) checkLair(l *lair) {
	c := command{dir: l.base()}
	c.args = append(t.lairSettings(&c), "--check", "--beneath")
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

// walkLair has the files found.
func (t *trial) walkLair(l *lair) {
	c := command{dir: l.base()}
	c.args = append(t.lairSettings(&c), "-r")
	if t.chance(30) {
		c.args = append(c.args, "--json")
	}
	o := t.run(c)
	t.count("lines", strings.Count(o.stdout, "\n"))
	t.noSecret(l, c, o)
}

// noSecret looks for the digest of a secret among those that were computed: at the
// beginning of a line, or as such in --json.
func (t *trial) noSecret(l *lair, c command, o outcome) {
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
