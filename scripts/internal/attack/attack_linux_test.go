package main

import (
	"crypto/sha1"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// TestBeginnings distinguishes digests that a growing or truncated file may have had
// from others.
func TestBeginnings(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	s := &stream{data: randomBytes(r, 20_000)}
	sum := func(parts ...[]byte) string { return fmt.Sprintf("%x", sha1.Sum(slices.Concat(parts...))) }
	for _, n := range []int{0, 1, 4095, 4096, 4097, 19_999, 20_000} {
		if !s.begins(sum(s.data[:n])) {
			t.Errorf("the first %d bytes are none of its beginnings", n)
		}
	}
	for title, digest := range map[string]string{
		"twice": sum(s.data, s.data), "8 bytes again": sum(s.data, s.data[:8]), "zeros": sum(s.data[:5000], make([]byte, 10)),
		"nothing": "", "no digest": "xyz",
	} {
		if s.begins(digest) {
			t.Errorf("%s: is a beginning", title)
		}
	}
	const cut = 5000
	zeros := make([]byte, 8192-cut)
	for title, digest := range map[string]string{
		"a page": sum(s.data[:cut], zeros), "and what was behind it": sum(s.data[:cut], zeros, s.data[8192:16384]),
		"to the end": sum(s.data[:cut], make([]byte, 15_000)),
	} {
		if !s.zeroed(digest, cut) {
			t.Errorf("%s: not known as the kernel's zeros", title)
		}
	}
	if s.zeroed(sum(s.data, s.data), cut) || s.zeroed(sum(s.data[1:]), cut) {
		t.Error("anything passes for the kernel's zeros")
	}
}

// TestRepeated: the same seed gives the same trial.
func TestRepeated(t *testing.T) {
	for _, f := range families {
		var first []uint64
		f.run = func(tr *trial) { first = append(first, tr.Uint64()) }
		a := &attack{ctx: t.Context(), config: config{seed: 7}, work: t.TempDir(), counts: make(map[string]map[string]int), log: io.Discard, until: time.Now()}
		for _, number := range []int{3, 3, 4} {
			a.runTrial(f, number)
		}
		if len(first) != 3 || first[0] != first[1] || first[1] == first[2] {
			t.Errorf("%s: %x", f.name, first)
		}
		if len(a.finds) > 0 {
			t.Error(a.finds)
		}
	}
}

// TestChooseFamilies rejects unknown names.
func TestChooseFamilies(t *testing.T) {
	chosen, err := chooseFamilies("cache,digests")
	if err != nil || len(chosen) != 2 || chosen[0].name != "cache" || chosen[1].name != "digests" {
		t.Error(chosen, err)
	}
	if _, err := chooseFamilies("nothing"); err == nil {
		t.Error("a family is called nothing")
	}
}
