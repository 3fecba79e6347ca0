package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"

	"github.com/psha1sum/psha1sum/hasher/internal/lanes"
	"github.com/psha1sum/psha1sum/hasher/internal/sha1lanes"
)

// A report is everything that was measured.
type report struct {
	machine machine
	results []result
}

// A machine describes the machine, to judge the figures.
type machine struct {
	processor string // brand string, CPUID family and model
	family    lanes.Family
	load      string // runnable tasks on average in the last minute
}

func thisMachine() machine {
	m := machine{processor: lanes.Processor(), family: sha1lanes.Algorithm.Available().Family()}
	if load, err := os.ReadFile("/proc/loadavg"); err == nil {
		m.load, _, _ = strings.Cut(string(load), " ")
	}
	return m
}

// write prints the report as Markdown.
func (r *report) write(w io.Writer) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s. Its family: %v. %s", r.machine.processor, r.machine.family, runtime.Version())
	if r.machine.load != "" {
		fmt.Fprintf(&b, ", a load of %s at the beginning", r.machine.load)
	}
	b.WriteString(".\n")
	r.kernels(&b)
	r.batches(&b)
	fmt.Fprintf(&b, "\nThe least ratio is %.2f.\n", r.least())
	_, err := w.Write(b.Bytes())
	return err
}

// kernels prints the rates of all kernels.
func (r *report) kernels(b *bytes.Buffer) {
	b.WriteString("\n| kernel | GB/s with all lanes | rated |\n|---|---|---|\n")
	for _, result := range r.results {
		for _, k := range result.kernels {
			name := k.name
			if !strings.Contains(name, "/") {
				name = "sha1/" + name
			}
			fmt.Fprintf(b, "| %s | %.2f | %.2f |\n", name, k.measured, k.rated)
		}
	}
}

// batches prints a row for each number of streams: for each algorithm the chosen
// kernels, their GB/s, the ratio to the best, and the best.
func (r *report) batches(b *bytes.Buffer) {
	b.WriteString("\n| streams |")
	for _, result := range r.results {
		fmt.Fprintf(b, " %s |", result.name)
	}
	b.WriteString("\n|" + strings.Repeat("---|", len(r.results)+1) + "\n")
	for i := range maxStreams {
		fmt.Fprintf(b, "| %d |", i+1)
		for _, result := range r.results {
			fmt.Fprintf(b, " %v |", result.batches[i])
		}
		b.WriteByte('\n')
	}
}

func (b batch) String() string {
	text := fmt.Sprintf("%s: %.2f, %.2f", b.chosen.kernels, b.chosen.rate(), b.ratio())
	if b.ratio() < 0.995 {
		text += fmt.Sprintf(" of %s: %.2f", b.best.kernels, b.best.rate())
	}
	return text
}

// least returns the smallest ratio of chosen to best kernels.
func (r *report) least() float64 {
	least := 1.0
	for _, result := range r.results {
		for _, b := range result.batches {
			least = min(least, b.ratio())
		}
	}
	return least
}
