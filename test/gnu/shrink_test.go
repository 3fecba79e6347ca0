//go:build unix

package gnu_test

import (
	"bytes"
	"slices"
	"testing"

	"github.com/psha1sum/psha1sum/internal/clitest"
)

// shrinkRuns bounds the search for a smaller case, in pairs of runs.
const shrinkRuns = 400

// shrink cuts a case that differs down to one that still does: fewer
// arguments, fewer lines, ordinary streams. It is greedy and stops early.
func shrink(t *testing.T, tr *clitest.Trial) *clitest.Trial {
	runs := 0
	for again := true; again; {
		again = false
		for _, smaller := range reductions(tr) {
			if runs++; runs > shrinkRuns {
				return tr
			}
			if smaller.Differs(t) != "" {
				tr, again = smaller, true
				break
			}
		}
	}
	return tr
}

// reductions returns smaller cases than one, each by one step.
func reductions(tr *clitest.Trial) []*clitest.Trial {
	var smaller []*clitest.Trial
	change := func(apply func(*clitest.Trial)) {
		c := *tr
		apply(&c)
		smaller = append(smaller, &c)
	}
	if tr.Env != nil {
		change(func(c *clitest.Trial) { c.Env = nil })
	}
	if tr.Own != nil {
		change(func(c *clitest.Trial) { c.Own = nil })
	}
	if tr.As != nil {
		change(func(c *clitest.Trial) { c.As = nil })
	}
	if tr.Stdout != clitest.OutputPipe && tr.Stderr != clitest.OutputShared {
		change(func(c *clitest.Trial) { c.Stdout, c.Shell = clitest.OutputPipe, "" })
	}
	if tr.Stderr != clitest.OutputPipe {
		change(func(c *clitest.Trial) { c.Stderr = clitest.OutputPipe })
	}
	if tr.Stdin != clitest.InputNull {
		change(func(c *clitest.Trial) { c.Stdin = clitest.InputNull })
	}
	for i := range tr.Args {
		change(func(c *clitest.Trial) { c.Args = slices.Delete(slices.Clone(tr.Args), i, i+1) })
	}
	for i, f := range tr.Files {
		for _, data := range shorter(f.Data) {
			change(func(c *clitest.Trial) {
				c.Files = slices.Clone(tr.Files)
				c.Files[i].Data = data
			})
		}
	}
	if tr.Stdin.HasData() {
		for _, data := range shorter(tr.Data) {
			change(func(c *clitest.Trial) { c.Data = data })
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
