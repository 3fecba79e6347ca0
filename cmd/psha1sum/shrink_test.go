//go:build unix

package main_test

import (
	"bytes"
	"slices"
	"testing"
)

// shrinkRuns bounds the search for a smaller case, in pairs of runs.
const shrinkRuns = 400

// shrink cuts a case that differs down to one that still does: fewer
// arguments, fewer lines, ordinary streams. It is greedy and stops early.
func shrink(t *testing.T, tr *trial) *trial {
	runs := 0
	for again := true; again; {
		again = false
		for _, smaller := range reductions(tr) {
			if runs++; runs > shrinkRuns {
				return tr
			}
			if smaller.differs(t) != "" {
				tr, again = smaller, true
				break
			}
		}
	}
	return tr
}

// reductions returns smaller cases than one, each by one step.
func reductions(tr *trial) []*trial {
	var smaller []*trial
	change := func(apply func(*trial)) {
		c := *tr
		apply(&c)
		smaller = append(smaller, &c)
	}
	if tr.env != nil {
		change(func(c *trial) { c.env = nil })
	}
	if tr.own != nil {
		change(func(c *trial) { c.own = nil })
	}
	if tr.as != nil {
		change(func(c *trial) { c.as = nil })
	}
	if tr.stdout != outputPipe && tr.stderr != outputShared {
		change(func(c *trial) { c.stdout, c.shell = outputPipe, "" })
	}
	if tr.stderr != outputPipe {
		change(func(c *trial) { c.stderr = outputPipe })
	}
	if tr.stdin != inputNull {
		change(func(c *trial) { c.stdin = inputNull })
	}
	for i := range tr.args {
		change(func(c *trial) { c.args = slices.Delete(slices.Clone(tr.args), i, i+1) })
	}
	for i, f := range tr.files {
		for _, data := range shorter(f.data) {
			change(func(c *trial) {
				c.files = slices.Clone(tr.files)
				c.files[i].data = data
			})
		}
	}
	if tr.stdin.hasData() {
		for _, data := range shorter(tr.data) {
			change(func(c *trial) { c.data = data })
		}
	}
	return smaller
}

// shorter returns data without its first or second half of lines, or without
// one of its lines.
func shorter(data []byte) [][]byte {
	lines := bytes.SplitAfter(data, []byte("\n"))
	if len(lines) < 2 {
		return nil
	}
	half := len(lines) / 2
	candidates := [][]byte{bytes.Join(lines[half:], nil), bytes.Join(lines[:half], nil)}
	for i := range lines {
		if len(lines) <= 20 && len(lines[i]) > 0 {
			candidates = append(candidates, bytes.Join(slices.Delete(slices.Clone(lines), i, i+1), nil))
		}
	}
	return candidates
}
