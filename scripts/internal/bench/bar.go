package main

import (
	"fmt"
	"slices"
)

// A bar is what a figure of psha1sum's must reach in a row. Bars are for people who
// change psha1sum, on an idle machine: no test and no exit status depends on them.
type bar struct {
	row    string
	vendor string // of the processors it is for, as the system calls them; "" for all
	figure figure
	limit  float64
}

// A figure is something of psha1sum's that is held against a bar.
type figure string

const (
	againstGNU figure = "times as fast as GNU" // at least
	againstOld figure = "of old's time"        // at most
	ourMemory  figure = "MiB of memory"        // at most
)

const (
	amd   = "AuthenticAMD"
	intel = "GenuineIntel"
)

// barCores is how many cores the bars are for.
const barCores = 2

// asFast is the bar of what must not have become slower: who takes a fiftieth more
// may have met a noisy neighbour.
const asFast = 1.02

// memoryOfTiny is the bar of memory where files are tiny, in MiB.
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
	// That of SHA-1 is above, and b3sum is none of GNU's tools.
	sameBar(againstGNU, 3, "30000-tiny-md5", "30000-tiny-sha224", "30000-tiny-sha256",
		"30000-tiny-sha384", "30000-tiny-sha512", "30000-tiny-blake2b"),
	sameBar(ourMemory, memoryOfTiny, "30000-tiny", "30000-tiny-check", "30000-tiny-r", "30000-tiny-cold", "30000-tiny-cold-r",
		"300000-tiny", "300000-tiny-check", "300000-tiny-r",
		"30000-tiny-md5", "30000-tiny-sha224", "30000-tiny-sha256", "30000-tiny-sha384", "30000-tiny-sha512",
		"30000-tiny-blake2b", "30000-tiny-blake3"),
)

// sameBar returns the bar for each of those rows.
func sameBar(f figure, limit float64, rows ...string) []bar {
	all := make([]bar, len(rows))
	for i, r := range rows {
		all[i] = bar{row: r, figure: f, limit: limit}
	}
	return all
}

// judgement says whether a bar was held.
type judgement struct {
	Row     string  `json:"row"`
	Title   string  `json:"title"`
	Figure  figure  `json:"figure"`
	Limit   float64 `json:"limit"`
	Verdict verdict `json:"verdict"`
	Why     string  `json:"why,omitempty"` // it was not measured

	Processor float64 `json:"processor_time,omitempty"` // the ratio to old's, beside that of time
	Value     float64 `json:"value,omitempty"`
	Low       float64 `json:"low,omitempty"` // of the middle half of the rounds
	High      float64 `json:"high,omitempty"`
}

type verdict string

const (
	barHeld     verdict = "held"
	barMissed   verdict = "missed"
	notMeasured verdict = "not measured"
)

// judgeAll holds the report's figures against the bars of the rows that were asked for
// and of the machine's vendor.
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

// judge holds a figure against the bar.
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

// noBars tells why no bar is for what was run, "" if they are.
func (rep *report) noBars() string {
	switch {
	case rep.Quick:
		return "a trial"
	case rep.Algorithm != "sha1":
		return "they are for SHA-1"
	case rep.Machine.Cores != barCores:
		return fmt.Sprintf("they are for %d cores, here are %d", barCores, rep.Machine.Cores)
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
			return nil, "old took no part"
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

// isFloor tells whether the figure is to be at least its limit, and not at most.
func (f figure) isFloor() bool { return f == againstGNU }

// reaches reports whether the value of the figure holds the bar.
func (f figure) reaches(limit, value float64) bool {
	if f.isFloor() {
		return value >= limit
	}
	return value <= limit
}
