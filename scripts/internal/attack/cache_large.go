//go:build linux

package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"syscall"
	"time"
)

// breakOffLarge interrupts runs that have read large files in part, while the files are
// changed now and then. Runs that continue from the stored parts must print correct
// digests.
func breakOffLarge(t *trial, c *cached) {
	l, err := t.newLarge(c)
	if err != nil {
		t.note("no large files for --cache: %v", err)
		return
	}
	t.sleep(settles)
	for range 3 + t.IntN(4) {
		if t.over() {
			return
		}
		run := l.largeCommand(t)
		p := t.start(run)
		if t.chance(30) {
			t.sleep(time.Duration(t.IntN(100_000)) * time.Microsecond)
			l.editLarge(t)
		}
		t.sleep(time.Duration(t.IntN(600_000)) * time.Microsecond)
		signal := pick(t.Rand, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGINT, syscall.SIGKILL)
		p.signal(signal)
		if t.chance(20) {
			p.signal(signal)
		}
		t.sane(run, p.wait())
		t.count("kills", 1)
		switch {
		case t.chance(30):
			l.editLarge(t)
			t.sleep(pick(t.Rand, 0, settles))
		case t.chance(50):
			continue // it continues from there, or is interrupted again
		}
		t.goOn(l)
	}
	if t.over() {
		return
	}
	t.goOn(l)
	t.verifyCached(l)
}

var continuedAt = regexp.MustCompile(`, (\d+) files? continued at`)

// goOn runs to the end. All digests must be correct, whatever was continued.
func (t *trial) goOn(l *cached) {
	run := l.largeCommand(t)
	run.args = append([]string{"--debug"}, run.args...)
	o := t.run(run)
	if t.ended() {
		return
	}
	want := t.truth(l)
	for name, digest := range digestsByName(o.stdout) {
		t.count("digests", 1)
		if want[name] != digest {
			t.find("a wrong digest of a continued file: %s for %s, want %s\n%s\n%s", digest, name, want[name], run.words(), o)
			return
		}
	}
	if match := continuedAt.FindStringSubmatch(o.stderr); match != nil {
		n, _ := strconv.Atoi(match[1])
		t.count("continued", n)
	}
	if o.status != "exit 0" || len(digestsByName(o.stdout)) != len(l.names) {
		t.find("--cache with large files: wrong status or messages\n%s\n%s", run.words(), o)
	}
}

// newLarge creates a few large, sparse files.
func (t *trial) newLarge(c *cached) (*cached, error) {
	l := &cached{dir: c.dir, tree: filepath.Join(c.dir, "large"), cache: filepath.Join(c.dir, "large-cache")}
	if err := os.MkdirAll(l.tree, 0o755); err != nil {
		return nil, err
	}
	for i := range 2 + t.IntN(3) {
		name := fmt.Sprintf("f%d", i)
		l.names = append(l.names, name)
		if err := writeLarge(t.Rand, filepath.Join(l.tree, name), int64(60+t.IntN(40))<<20+int64(t.IntN(1<<20))); err != nil {
			return nil, err
		}
	}
	return l, nil
}

// writeLarge creates a file with some data here and there.
func writeLarge(r *rand.Rand, path string, size int64) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	for range 20 {
		if _, err := f.WriteAt(randomBytes(r, 1+r.IntN(9000)), r.Int64N(size)); err != nil {
			return err
		}
	}
	return f.Truncate(size)
}

// largeCommand returns a run that usually takes long.
func (l *cached) largeCommand(t *trial) command {
	run := l.command(t)
	if t.chance(80) {
		run.env = append(run.env, "PSHA1SUM_DISABLE=avx512,avx2,shani,crypto")
		run.args = append([]string{"-j1"}, run.args...)
	}
	if t.chance(20) {
		run.args = append([]string{"--drop-cache"}, run.args...)
	}
	return run
}

// editLarge changes one of the files, if possible without changing its size and
// modification time.
func (l *cached) editLarge(t *trial) {
	path := l.path(t.Rand)
	info, err := os.Stat(path)
	if err != nil {
		t.note("%v", err)
		return
	}
	restore := func() error { return os.Chtimes(path, info.ModTime(), info.ModTime()) }
	how := pick(t.Rand, "written to", "replaced", "cut off", "made longer")
	switch how {
	case "written to":
		writeInPlace(path, t.Int64N(info.Size()), randomBytes(t.Rand, 1+t.IntN(100)))
		err = restore()
	case "replaced":
		err = errors.Join(writeLarge(t.Rand, path+".new", info.Size()), os.Rename(path+".new", path), restore())
	case "cut off":
		err = errors.Join(os.Truncate(path, info.Size()-1-t.Int64N(100)), restore())
	case "made longer":
		err = errors.Join(os.Truncate(path, info.Size()+1+t.Int64N(1000)), restore())
	}
	if err != nil {
		t.note("%v", err)
	}
	t.do("%s is %s", path, how)
	t.count("edits", 1)
}
