//go:build linux

package main

import (
	"context"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// An attack is the state that all trials share.
type attack struct {
	ctx      context.Context // done when somebody interrupts
	config   config
	psha1sum string
	self     string
	work     string // contains all files
	log      io.Writer
	until    time.Time // no trial continues after it
	machine  machine

	mu     sync.Mutex
	counts map[string]map[string]int // by family and counter
	notes  map[string]bool           // what this machine lacks
	finds  []string
}

func newAttack(ctx context.Context, c config, log io.Writer) (a *attack, err error) {
	a = &attack{
		ctx: ctx, config: c, log: log,
		counts: make(map[string]map[string]int), notes: make(map[string]bool),
	}
	if a.psha1sum, err = absolute(c.psha1sum); err != nil {
		return nil, err
	}
	if a.psha1sum == "" {
		return nil, fmt.Errorf("no psha1sum: run it as scripts/attack, or with -psha1sum")
	}
	if a.config.compat, err = absolute(c.compat); err != nil {
		return nil, err
	}
	if a.self, err = os.Executable(); err != nil {
		return nil, err
	}
	if a.work, err = os.MkdirTemp(c.dir, "psha1sum-attack-"); err != nil {
		return nil, err
	}
	if a.work, err = filepath.Abs(a.work); err != nil {
		return nil, err
	}
	if a.config.keep == "" {
		a.config.keep = filepath.Join(filepath.Dir(a.work), fmt.Sprintf("psha1sum-attack-%d", c.seed))
	}
	if a.config.keep, err = filepath.Abs(a.config.keep); err != nil {
		return nil, err
	}
	// Some children run as another user.
	if err = os.Chmod(a.work, 0o755); err == nil {
		err = a.findMachine()
	}
	if err != nil {
		a.close()
		return nil, err
	}
	return a, nil
}

// close kills remaining children, including adopted ones, and removes all files.
func (a *attack) close() {
	for tries := 0; tries < 100 && endChildren(); tries++ {
		time.Sleep(10 * time.Millisecond)
	}
	removeAll(a.work)
}

// runAll runs trials of the families concurrently until the time is over.
func (a *attack) runAll(chosen []family) {
	a.until = time.Now().Add(a.config.time)
	var wait sync.WaitGroup
	for _, f := range chosen {
		var next atomic.Int64
		for range f.parallel {
			wait.Go(func() {
				for a.ctx.Err() == nil && time.Now().Before(a.until) {
					n := int(next.Add(1)) - 1
					if a.config.trial >= 0 {
						n = a.config.trial
					}
					a.runTrial(f, n)
				}
			})
		}
	}
	wait.Wait()
}

// A trial is one run of a family's attack. Its random number generator belongs to one
// goroutine; others use fork.
type trial struct {
	*attack
	*rand.Rand
	family string
	number int
	dir    string // its own directory, initially empty

	mu       sync.Mutex
	commands []string // the last ones
	found    bool
	cleanups []func()
}

func (a *attack) runTrial(f family, number int) {
	name := fnv.New64a()
	io.WriteString(name, f.name)
	t := &trial{
		attack: a, family: f.name, number: number,
		Rand: rand.New(rand.NewPCG(a.config.seed^name.Sum64(), uint64(number))),
	}
	var err error
	if t.dir, err = os.MkdirTemp(a.work, fmt.Sprintf("%s-%d-", f.name, number)); err != nil {
		t.note("no directory for a trial: %v", err)
		return
	}
	os.Chmod(t.dir, 0o755)
	t.count("trials", 1)
	f.run(t)
	t.end()
}

// end undoes what the trial did, and keeps its files if there are finds.
func (t *trial) end() {
	for i := range t.cleanups {
		t.cleanups[len(t.cleanups)-1-i]()
	}
	if t.found {
		to := t.kept()
		os.MkdirAll(to, 0o755)
		os.Rename(t.dir, filepath.Join(to, "files"))
	}
	removeAll(t.dir)
}

// cleanup registers a function to be called at the end of the trial, last in, first
// out.
func (t *trial) cleanup(f func()) { t.cleanups = append(t.cleanups, f) }

// kept is the directory for the trial's finds.
func (t *trial) kept() string {
	return filepath.Join(t.config.keep, fmt.Sprintf("%s-%d", t.family, t.number))
}

// fork returns a generator for another goroutine.
func (t *trial) fork() *rand.Rand { return rand.New(rand.NewPCG(t.Uint64(), t.Uint64())) }

// chance returns true with the given probability.
func (t *trial) chance(percent int) bool { return t.IntN(100) < percent }

// over reports whether to skip the rest of a trial.
func (t *trial) over() bool { return t.ended() || time.Now().After(t.until) }

// ended reports whether results are meaningless or unwanted: children were killed
// because of an interrupt, or enough was found.
func (t *trial) ended() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.found || t.ctx.Err() != nil
}

// count adds to a counter of the report.
func (t *trial) count(what string, n int) {
	t.attack.mu.Lock()
	defer t.attack.mu.Unlock()
	of := t.attack.counts[t.family]
	if of == nil {
		of = make(map[string]int)
		t.attack.counts[t.family] = of
	}
	of[what] += n
}

// note prints once what this machine lacks.
func (a *attack) note(format string, args ...any) {
	if a.ctx.Err() != nil {
		return // because children were killed
	}
	text := fmt.Sprintf(format, args...)
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.notes[text] {
		a.notes[text] = true
		fmt.Fprintln(a.log, "attack: note:", text)
	}
}

// find records a bug, with all that is needed to reproduce it.
func (t *trial) find(format string, args ...any) {
	if t.ctx.Err() != nil {
		return // children were killed
	}
	what := fmt.Sprintf(format, args...)
	again := fmt.Sprintf("again: scripts/attack -seed=%d -families=%s -trial=%d", t.config.seed, t.family, t.number)
	if filepath.Dir(t.psha1sum) != filepath.Dir(t.config.compat) { // not built together with it
		again += " -psha1sum=" + t.psha1sum
	}
	t.mu.Lock()
	t.found = true
	text := fmt.Sprintf("%s\n\n%s\nThe files are kept beside this one; they were in %s\n\nWhat was done, oldest first:\n%s\n\n",
		what, again, t.dir, strings.Join(t.commands, "\n"))
	t.mu.Unlock()
	file := filepath.Join(t.kept(), "find.txt")
	os.MkdirAll(t.kept(), 0o755)
	if f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644); err == nil {
		f.WriteString(text)
		f.Close()
	}
	t.attack.mu.Lock()
	defer t.attack.mu.Unlock()
	summary, _, _ := strings.Cut(what, "\n")
	t.attack.finds = append(t.attack.finds, fmt.Sprintf("%s-%d: %s", t.family, t.number, summary))
	if len(t.attack.finds) <= 20 {
		fmt.Fprintf(t.log, "attack: FOUND %s\n  %s\n  all of it: %s\n", clipLines(what, 500), again, file)
	}
}

// pick returns a random element.
func pick[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }

// clip shortens a text.
func clip(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return fmt.Sprintf("%s [%d more bytes]", text[:most], len(text)-most)
}

// clipLines shortens each line.
func clipLines(text string, most int) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = clip(line, most)
	}
	return clip(strings.Join(lines, "\n"), 8*most)
}

// removeAll removes a directory, even if its permissions forbid writing.
func removeAll(dir string) {
	filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			os.Chmod(path, 0o700)
		}
		return nil
	})
	os.RemoveAll(dir)
}
