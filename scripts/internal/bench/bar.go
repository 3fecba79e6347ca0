package main

import (
	"fmt"
	"slices"
)

// A bar is a target for a figure of a row. Bars are for developers on an idle machine:
// no test and no exit status depends on them.
type bar struct {
	row    string
	vendor string // CPU vendor that it applies to; "" for all
	figure figure
	limit  float64
}

// A figure is a measurement of psha1sum that has bars.
type figure string

const (
	againstGNU figure = "times as fast as GNU" // minimum
	againstOld figure = "of old's time"        // maximum
	ourMemory  figure = "MiB of memory"        // maximum
)

const (
	amd   = "AuthenticAMD"
	intel = "GenuineIntel"
)

// barCores is the number of cores that the bars are for.
const barCores = 2

// asFast is the bar for unchanged speed. 2 % more may be noise from other load.
const asFast = 1.02

// memoryOfTiny is the bar for memory with tiny files, in MiB.
const memoryOfTiny = 24

var bars = slices.Concat(
	[]bar{
		{"30000-tiny", "", againstOld, 0.65},
		{"30000-tiny", "", againstGNU, 3},
		{"30000-tiny-check", "", againstOld, asFast},
		{"300000-tiny", "", againstOld, asFast},
		{"300000-tiny-check", "", againstOld, asFast},
		{"30000-tiny-r", "", againstOld, 0.65},
		{"30000-tiny-r", amd, againstGNU, 3.2},
		{"30000-tiny-r", intel, againstGNU, 2},
		{"300000-tiny-r", "", againstOld, asFast},
		{"million-lines", "", againstOld, asFast},
		{"2000x256K", "", againstGNU, 10},
		{"32x64M", "", againstOld, asFast},
		{"6x256M", amd, againstOld, asFast},
		{"6x256M", intel, againstGNU, 5.2},
		{"30000-tiny-cold-r", "", againstOld, asFast},
	},
	// SHA-1 is above, and b3sum is not one of GNU's tools.
	sameBar(againstGNU, 3, "30000-tiny-md5", "30000-tiny-sha224", "30000-tiny-sha256",
		"30000-tiny-sha384", "30000-tiny-sha512", "30000-tiny-blake2b"),
	sameBar(ourMemory, memoryOfTiny, "30000-tiny", "30000-tiny-check", "30000-tiny-r", "30000-tiny-cold", "30000-tiny-cold-r",
		"300000-tiny", "300000-tiny-check", "300000-tiny-r",
		"30000-tiny-md5", "30000-tiny-sha224", "30000-tiny-sha256", "30000-tiny-sha384", "30000-tiny-sha512",
		"30000-tiny-blake2b", "30000-tiny-blake3"),
)

// sameBar returns the same bar for several rows.
func sameBar(f figure, limit float64, rows ...string) []bar {
	all := make([]bar, len(rows))
	for i, r := range rows {
		all[i] = bar{row: r, figure: f, limit: limit}
	}
	return all
}

// judgement is the result for a bar.
type judgement struct {
	Row     string  `json:"row"`
	Title   string  `json:"title"`
	Figure  figure  `json:"figure"`
	Limit   float64 `json:"limit"`
	Verdict verdict `json:"verdict"`
	Why     string  `json:"why,omitempty"` // why it was not measured

	Processor float64 `json:"processor_time,omitempty"` // ratio of CPU time to old's
	Value     float64 `json:"value,omitempty"`
	Low       float64 `json:"low,omitempty"` // middle half of the rounds
	High      float64 `json:"high,omitempty"`
}

type verdict string

const (
	barHeld     verdict = "held"
	barMissed   verdict = "missed"
	notMeasured verdict = "not measured"
)

// judgeAll compares the report's figures with the bars for the requested rows and the
// machine's vendor.
func (rep *report) judgeAll(bars []bar, asked []row) {
	for _, b := range bars {
		i := slices.IndexFunc(asked, func(r row) bool { return r.name == b.row })
		if i < 0 || b.vendor != "" && b.vendor != rep.Machine.Vendor {
			continue
		}
		j := rep.judge(b)
		j.Row, j.Title, j.Figure, j.Limit = b.row, asked[i].title(), b.figure, b.limit
		rep.Bars = append(rep.Bars, j)
	}
}

// judge compares a figure with its bar.
func (rep *report) judge(b bar) judgement {
	if why := rep.noBars(); why != "" {
		return judgement{Verdict: notMeasured, Why: why}
	}
	i := slices.IndexFunc(rep.Rows, func(r rowResult) bool { return r.Name == b.row })
	if i < 0 {
		return judgement{Verdict: notMeasured, Why: "the row was skipped"}
	}
	r := rep.Rows[i]
	values, why := b.figure.of(r)
	if why != "" {
		return judgement{Verdict: notMeasured, Why: why}
	}
	j := judgement{Verdict: barMissed, Value: median(values)}
	j.Low, j.High = middleHalf(values)
	if b.figure == againstOld {
		self, _ := r.of(ours.name)
		old, _ := r.of(oldName)
		j.Processor = pairedRatio(self.CPU, old.CPU)
	}
	if b.figure.reaches(b.limit, j.Value) {
		j.Verdict = barHeld
	}
	return j
}

// noBars returns why no bar applies to this run, or "".
func (rep *report) noBars() string {
	switch {
	case rep.Quick:
		return "a trial"
	case rep.Algorithm != "sha1":
		return "they are for SHA-1"
	case rep.Machine.Cores != barCores:
		return fmt.Sprintf("they are for %d cores, this machine has %d", barCores, rep.Machine.Cores)
	default:
		return ""
	}
}

// of returns the figure in each round, or why it was not measured.
func (f figure) of(r rowResult) (values []float64, why string) {
	self, _ := r.of(ours.name)
	switch f {
	case againstOld:
		old, ok := r.of(oldName)
		if !ok {
			return nil, "old did not run"
		}
		return pairedRatios(self.Wall, old.Wall), ""
	case ourMemory:
		if self.PeakKiB == 0 {
			return nil, "memory was not measured"
		}
		return []float64{float64(self.PeakKiB) / 1024}, ""
	default:
		return pairedRatios(r.gnu().Wall, self.Wall), ""
	}
}

// isFloor reports whether the limit is a minimum.
func (f figure) isFloor() bool { return f == againstGNU }

// reaches reports whether the value reaches the bar.
func (f figure) reaches(limit, value float64) bool {
	if f.isFloor() {
		return value >= limit
	}
	return value <= limit
}
