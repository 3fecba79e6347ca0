//go:build linux

package main

import (
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// attackSoak runs an attack of another family while other processes keep the CPUs busy.
func attackSoak(t *trial) {
	shell := "/bin/sh"
	if _, err := os.Stat(shell); err != nil {
		t.note("no %s to keep processors busy", shell)
		return
	}
	for range t.machine.cpus {
		busy := t.start(command{program: shell, args: []string{"-c", "while :; do :; done"}, dir: t.dir})
		t.cleanup(func() { busy.end() })
	}
	inner := pick(t.Rand, attackAtRest, attackMoving, attackBeneath, attackOutput, attackSlow)
	dir := t.dir
	t.dir = filepath.Join(dir, "soak")
	if err := os.Mkdir(t.dir, 0o755); err != nil {
		t.note("%v", err)
		return
	}
	inner(t)
	t.dir = dir
}

// attackSlow hashes unchanging files on a single CPU, and stops the process now and
// then.
func attackSlow(t *trial) {
	p, err := t.newPool(filepath.Join(t.dir, "pool"), 60, 1<<20)
	if err != nil {
		t.note("no files to hash: %v", err)
		return
	}
	for range 10 {
		if t.over() {
			return
		}
		t.hashStopped(p)
	}
}

// hashStopped hashes a pool and stops and continues the process meanwhile.
func (t *trial) hashStopped(p *pool) {
	names := p.some(t.Rand)
	c := command{dir: p.dir}
	c.args = append(append(randomSettings(t, &c), "--"), names...)
	run := t.start(c)
	for range t.IntN(40) {
		run.signal(pick(t.Rand, syscall.SIGSTOP, syscall.SIGCONT, syscall.SIGTSTP, syscall.SIGWINCH, syscall.SIGCHLD, syscall.SIGURG))
		time.Sleep(time.Duration(t.IntN(300)) * time.Microsecond)
	}
	run.signal(syscall.SIGCONT)
	o := run.wait()
	t.count("runs", 1)
	t.count("digests", len(names))
	if t.sane(c, o) && !t.ended() && (o.status != "exit 0" || o.stdout != p.plainLines(algorithms[0], names, "  ", "\n")) {
		t.find("stopped and continued\n%s\n%s", c.words(), o)
	}
}
