//go:build linux

package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// attackCheck compares psha1sum with GNU's tools: random command lines, streams and
// manifests from the generator of the differential tests, which also minimises
// failures, or a giant manifest.
func attackCheck(t *trial) {
	if t.number%4 == 1 || t.config.compat == "" {
		attackGiant(t)
		return
	}
	// Tests run in their source directory, and cases depend only on the seed.
	cases, test := 200, "TestDifferential"
	if t.number%4 == 2 {
		cases, test = 800, "TestFamily" // a twentieth per tool
	}
	seed := t.Uint64()>>1 + 1
	args := []string{
		"-test.run=^" + test + "$", "-test.count=1", "-test.timeout=0", "-test.parallel=2",
		fmt.Sprintf("-diff.cases=%d", cases), fmt.Sprintf("-diff.seed=%d", seed),
	}
	c := command{
		program: t.config.compat, args: args, dir: filepath.Dir(t.config.compat),
		env: []string{"PSHA1SUM_TEST_BINARY=" + t.psha1sum, "PSHA1SUM_NO_SKIP=1"}, limit: 4 * hangs,
	}
	o := t.run(c)
	if t.ended() {
		return
	}
	t.count("cases of "+test, cases)
	if o.status != "exit 0" {
		t.find("not what GNU does\n%s\n%s%s\n%s", c.words(), o.stdout, o.stderr, o.status)
	}
}

// attackGiant checks an extreme manifest with one of the tools.
func attackGiant(t *trial) {
	p, err := t.newPool(filepath.Join(t.dir, "pool"), 10, 1000)
	if err != nil {
		t.note("no files to hash: %v", err)
		return
	}
	alg := pick(t.Rand, algorithms[0], algorithms[1], algorithms[2], algorithms[3], algorithms[4], algorithms[5], algorithms[8])
	for range 3 {
		if t.over() {
			return
		}
		path := filepath.Join(t.dir, "manifest")
		if err := os.WriteFile(path, t.giant(p, alg), 0o644); err != nil {
			t.note("%v", err)
			return
		}
		args := []string{"-c"}
		for _, option := range []string{"-w", "--quiet", "--status", "--strict", "--ignore-missing"} {
			if t.chance(25) {
				args = append(args, option)
			}
		}
		c := command{called: alg.gnu, dir: p.dir, args: append(args, path)}
		if t.chance(30) {
			c.stdin, c.args = path, args
		}
		g := c
		g.program = t.machine.gnu[alg.gnu]
		got, want := t.run(c), t.run(g)
		t.count("giant manifests", 1)
		if got != want && !t.ended() {
			t.find("not what GNU does: stdout: %s; stderr: %s\n%s\n%s\nGNU: %s",
				firstDifference(got.stdout, want.stdout), firstDifference(got.stderr, want.stderr), c.words(), got, want)
		}
	}
}

// giant returns a manifest with much of something.
func (t *trial) giant(p *pool, alg algorithm) []byte {
	good := []byte(p.plainLines(alg, p.names, pick(t.Rand, "  ", " *"), pick(t.Rand, "\n", "\n", "\r\n")))
	var much []byte
	size := 100_000 + t.IntN(500_000)
	switch t.IntN(9) {
	case 0: // an endless line
		much = append(bytes.Repeat([]byte(pick(t.Rand, "x", " ", "\\", "\t", "0")), size), '\n')
	case 1: // a valid line with an endless name
		digest := p.of[alg][p.names[0]]
		much = fmt.Appendf(nil, "%s  %s\n", digest, strings.Repeat(pick(t.Rand, "n/", "n", "./"), size/4))
	case 2: // NULs
		much = bytes.Repeat([]byte{0}, size)
	case 3:
		much = bytes.Repeat([]byte(pick(t.Rand, "\n", "\r\n", "\r", "#\n", " \n")), size)
	case 4: // malformed lines
		much = bytes.Repeat([]byte(pick(t.Rand, "bad\n", "bad \x00line\n", alg.tag+" (x\n")), size/10)
	case 5: // repeated lines
		much = bytes.Repeat(good, 1+size/40/len(p.names)/8)
	case 6: // no line feed at the end
		much = bytes.TrimRight(slices.Clone(good), "\r\n")
	case 7: // random damage
		much = slices.Clone(bytes.Repeat(good, 50))
		for range 100 {
			much[t.IntN(len(much))] = "0af XZ\t*()=-\\#\r\n\x00\xff"[t.IntN(18)]
		}
	default:
		much = randomBytes(t.Rand, size)
	}
	if t.chance(50) {
		return slices.Concat(good, much, good)
	}
	return slices.Concat(much, good)
}
