package main

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/psha1sum/psha1sum/hasher/internal/sha1lanes"
)

// TestReport runs the command: it reports every kernel of this machine and every number
// of streams.
func TestReport(t *testing.T) {
	var stdout, stderr bytes.Buffer
	if err := run([]string{"-rounds", "1"}, &stdout, &stderr); err != nil {
		t.Fatalf("%v\n%s", err, &stderr)
	}
	report := stdout.String()
	var want []string
	for _, alg := range algorithms() {
		want = append(want, " "+alg.name+" |")
	}
	for n := 1; n <= maxStreams; n++ {
		want = append(want, fmt.Sprintf("\n| %d | ", n))
	}
	for _, name := range sha1lanes.Algorithm.Available().Names() {
		want = append(want, name+" | ")
	}
	want = append(want, thisMachine().processor, thisMachine().family.String(), "\nThe least ratio is ")
	for _, text := range want {
		if !strings.Contains(report, text) {
			t.Errorf("no %q in\n%s", text, report)
		}
	}
	if strings.Contains(report, "NaN") || strings.Contains(report, "Inf") {
		t.Errorf("not all is measured in\n%s", report)
	}
}

func TestUsage(t *testing.T) {
	for _, args := range [][]string{{"-rounds", "0"}, {"-rounds", "-1"}, {"operand"}, {"-other"}} {
		if err := run(args, io.Discard, io.Discard); err == nil {
			t.Errorf("%q: no error", args)
		}
	}
}

func TestRatio(t *testing.T) {
	narrow := &trial{kernels: "2 narrow", bytes: 4000, least: 2 * time.Microsecond}
	wide := &trial{kernels: "wide", bytes: 4000, least: time.Microsecond}
	good := batch{chosen: wide, best: wide}
	bad := batch{chosen: narrow, best: wide}
	if got, want := good.String(), "wide: 4.00, 1.00"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := bad.String(), "2 narrow: 2.00, 0.50 of wide: 4.00"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	r := report{results: []result{{}, {}}}
	for i := range r.results {
		for n := range maxStreams {
			r.results[i].batches[n] = good
		}
	}
	r.results[1].batches[7] = bad
	if got := r.least(); math.Abs(got-0.5) > 1e-9 {
		t.Errorf("the least ratio is %v, not 0.5", got)
	}
}

// TestCandidates: the chosen kernels come first, every other combination comes once,
// and all compute the same.
func TestCandidates(t *testing.T) {
	available := sha1lanes.Algorithm.Available()
	for n := 1; n <= maxStreams; n++ {
		seen := make(map[string]bool)
		for i, trial := range candidates(available, available, n) {
			if chosen := plan(available, n); i == 0 && trial.kernels != chosen {
				t.Errorf("%d streams: the first is %s, not %s", n, trial.kernels, chosen)
			}
			if seen[trial.kernels] {
				t.Errorf("%d streams: %s twice", n, trial.kernels)
			}
			seen[trial.kernels] = true
			if trial.bytes != n*length {
				t.Errorf("%d streams: %s hash %d bytes, not %d", n, trial.kernels, trial.bytes, n*length)
			}
		}
	}
}
