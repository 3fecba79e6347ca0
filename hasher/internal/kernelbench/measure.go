package main

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/psha1sum/psha1sum/hasher/internal/blake2blanes"
	"github.com/psha1sum/psha1sum/hasher/internal/lanes"
	"github.com/psha1sum/psha1sum/hasher/internal/md5lanes"
	"github.com/psha1sum/psha1sum/hasher/internal/sha1lanes"
	"github.com/psha1sum/psha1sum/hasher/internal/sha256lanes"
	"github.com/psha1sum/psha1sum/hasher/internal/sha512lanes"
)

const (
	// maxStreams is the largest batch that is measured.
	maxStreams = lanes.MaxLanes
	// length is the number of bytes of each stream: 16 of them fit into any L2 cache.
	length = 16 << 10
	// turns is how often a trial runs in a round. The first run warms the cache and is
	// not counted.
	turns = 5
)

// An algorithm is one that package lanes implements.
type algorithm struct {
	name    string
	measure func(rounds int) result
}

func algorithms() []algorithm {
	return []algorithm{
		{"SHA-1", measuring("SHA-1", &sha1lanes.Algorithm)},
		{"MD5", measuring("MD5", &md5lanes.Algorithm)},
		{"SHA-256", measuring("SHA-256", &sha256lanes.Algorithm)},
		{"SHA-512", measuring("SHA-512", &sha512lanes.Algorithm)},
		{"BLAKE2b", measuring("BLAKE2b", &blake2blanes.Algorithm)},
	}
}

// A result is the measurements of one algorithm.
type result struct {
	name    string
	kernels []kernelRate
	batches [maxStreams]batch // by number of streams, from 1
}

// A kernelRate is the measured speed in GB/s of a kernel with all lanes in use, and the
// rate in its table.
type kernelRate struct {
	name            string
	measured, rated float64
}

// A batch compares the kernels chosen for a number of streams with the fastest.
type batch struct{ chosen, best *trial }

// ratio is 1 if nothing is faster than the chosen kernels.
func (b batch) ratio() float64 { return b.chosen.rate() / b.best.rate() }

// A trial hashes a batch of streams with certain kernels.
type trial struct {
	kernels string
	bytes   int
	hash    func()
	least   time.Duration // duration of the fastest run
}

// rate returns the speed in GB/s.
func (t *trial) rate() float64 { return float64(t.bytes) / float64(t.least.Nanoseconds()) }

// interleave runs the trials in rounds, so that other load on the machine affects all
// of them.
func interleave(trials []*trial, rounds int) {
	for range rounds {
		for _, t := range trials {
			for turn := range turns {
				began := time.Now()
				t.hash()
				if took := max(time.Since(began), 1); turn > 0 && (t.least == 0 || took < t.least) {
					t.least = took
				}
			}
		}
	}
}

// measuring returns a function that measures an algorithm.
func measuring[W lanes.Word](name string, alg *lanes.Algorithm[W]) func(rounds int) result {
	return func(rounds int) result {
		r := result{name: name}
		available := alg.Available()
		measured := measureKernels(alg, available, &r, rounds)
		var all []*trial
		var perSize [maxStreams][]*trial
		for i := range perSize {
			perSize[i] = candidates(available, measured, i+1)
			all = append(all, perSize[i]...)
		}
		interleave(all, rounds)
		for i, trials := range perSize {
			// On a tie the first, which is the chosen one.
			best := slices.MaxFunc(trials, func(a, b *trial) int { return cmp.Compare(a.rate(), b.rate()) })
			r.batches[i] = batch{chosen: trials[0], best: best}
		}
		return r
	}
}

// measureKernels measures each available kernel with all lanes in use. It returns the
// kernels with the measured rates in place of their own.
func measureKernels[W lanes.Word](alg *lanes.Algorithm[W], available lanes.Set[W], r *result, rounds int) lanes.Set[W] {
	again := &lanes.Algorithm[W]{
		Prefix: alg.Prefix, Words: alg.Words, Inputs: alg.Inputs, BlockSize: alg.BlockSize,
		LittleEndian: alg.LittleEndian, Pad: alg.Pad, Kernels: slices.Clone(alg.Kernels),
	}
	names := available.Names()
	var trials []*trial
	for _, name := range names {
		set := available.Only(name)
		trials = append(trials, newTrial(set, set.Lanes()))
	}
	interleave(trials, rounds)
	for i, name := range names {
		set := available.Only(name)
		r.kernels = append(r.kernels, kernelRate{
			name: name, measured: trials[i].rate(), rated: set.Rate(set.Lanes()),
		})
	}
	for k, name := range alg.All().Names() {
		if i := slices.Index(names, name); i >= 0 {
			for f := range again.Kernels[k].Rates {
				again.Kernels[k].Rates[f] = trials[i].rate()
			}
		}
	}
	return again.All().Only(strings.Join(names, ","))
}

// candidates returns trials of n streams: first with the kernels that are chosen, then
// with those chosen by the measured rates, with each kernel excluded, and with each
// kernel alone.
func candidates[W lanes.Word](available, measured lanes.Set[W], n int) []*trial {
	trials := []*trial{newTrial(available, n)}
	add := func(set lanes.Set[W]) {
		kernels := plan(set, n)
		same := func(t *trial) bool { return t.kernels == kernels }
		if !slices.ContainsFunc(trials, same) {
			trials = append(trials, newTrial(set, n))
		}
	}
	add(measured)
	for _, name := range measured.Names() {
		add(measured.Without(name))
		add(measured.Only(name))
	}
	return trials
}

// data is the data of the streams: random, because all pages of zeroed memory may be
// the same physical page, which distorts caching.
var data = sync.OnceValue(func() (data [maxStreams][]byte) {
	for i := range data {
		data[i] = make([]byte, length)
		rand.NewChaCha8([32]byte{byte(i)}).Read(data[i])
	}
	return data
})

func newTrial[W lanes.Word](set lanes.Set[W], n int) *trial {
	h := lanes.New(set)
	batch := make([]lanes.Lane[W], n)
	for i := range batch {
		batch[i] = lanes.Lane[W]{State: new(lanes.State[W]), Data: data()[i]}
	}
	return &trial{kernels: plan(set, n), bytes: n * length, hash: func() { h.Blocks(batch) }}
}

// plan returns the kernels that hash n streams, sorted and with their counts.
func plan[W lanes.Word](set lanes.Set[W], n int) string {
	all := set.Plan(n)
	slices.Sort(all)
	var text []string
	for len(all) > 0 {
		name, left := all[0], all
		for len(left) > 0 && left[0] == name {
			left = left[1:]
		}
		if times := len(all) - len(left); times > 1 {
			name = fmt.Sprintf("%d %s", times, name)
		}
		text, all = append(text, name), left
	}
	return strings.Join(text, " + ")
}
