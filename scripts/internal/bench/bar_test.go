package main

import (
	"slices"
	"testing"
)

// TestBarsAreOfRows: each bar's row exists, or it would never be measured.
func TestBarsAreOfRows(t *testing.T) {
	rows := benchRows(false)
	for _, b := range bars {
		i := slices.IndexFunc(rows, func(r row) bool { return r.name == b.row })
		switch {
		case i < 0:
			t.Errorf("a bar is of %s, which is no row", b.row)
		case b.vendor != "" && b.vendor != amd && b.vendor != intel:
			t.Errorf("%s: a bar is for %q, which is no vendor", b.row, b.vendor)
		case b.limit <= 0:
			t.Errorf("%s: a bar is at %v", b.row, b.limit)
		}
	}
}

// TestBarsDoNotContradict: each figure has one bar per vendor.
func TestBarsDoNotContradict(t *testing.T) {
	for i, b := range bars {
		for _, other := range bars[:i] {
			if b.row == other.row && b.figure == other.figure && (b.vendor == other.vendor || b.vendor == "" || other.vendor == "") {
				t.Errorf("%s has two bars %s", b.row, b.figure)
			}
		}
	}
}

func TestJudge(t *testing.T) {
	tools := func(gnu, self, old []float64) []toolResult {
		all := []toolResult{{Tool: "sha1sum", Wall: gnu}, {Tool: "psha1sum", Wall: self, CPU: []float64{1, 1, 1}, PeakKiB: 24 << 10}}
		if old != nil {
			all = append(all, toolResult{Tool: oldName, Wall: old, CPU: []float64{4, 4, 1}, PeakKiB: 100 << 10})
		}
		return all
	}
	// The machine was ten times slower in the second round: by medians alone psha1sum
	// would have taken 0.6 and 1.1 of old's time, and GNU 6 and 0.4 times psha1sum's.
	gnu, self, old := []float64{3, 40, 3}, []float64{1, 10, 1}, []float64{2, 10, 2}
	tests := []struct {
		name   string
		figure figure
		limit  float64
		tools  []toolResult
		change func(*report)

		verdict verdict
		value   float64
		why     string
	}{
		{"a floor is held", againstGNU, 2.9, tools(gnu, self, old), nil, barHeld, 3, ""},
		{"a floor is reached", againstGNU, 3, tools(gnu, self, old), nil, barHeld, 3, ""},
		{"a floor is missed", againstGNU, 3.1, tools(gnu, self, old), nil, barMissed, 3, ""},
		{"a ceiling is held", againstOld, 0.6, tools(gnu, self, old), nil, barHeld, 0.5, ""},
		{"a ceiling is reached", againstOld, 0.5, tools(gnu, self, old), nil, barHeld, 0.5, ""},
		{"a ceiling is missed", againstOld, 0.4, tools(gnu, self, old), nil, barMissed, 0.5, ""},
		{"memory is psha1sum's own", ourMemory, 24, tools(gnu, self, old), nil, barHeld, 24, ""},
		{"too much memory", ourMemory, 23, tools(gnu, self, old), nil, barMissed, 24, ""},
		{"no old", againstOld, 0.6, tools(gnu, self, nil), nil, notMeasured, 0, "old did not run"},
		{"no GNU time", ourMemory, 24, []toolResult{{Tool: "sha1sum"}, {Tool: "psha1sum"}}, nil, notMeasured, 0, "memory was not measured"},
		{"no row", againstGNU, 3, nil, func(rep *report) { rep.Rows = nil }, notMeasured, 0, "the row was skipped"},
		{"a trial", againstGNU, 3, tools(gnu, self, old), func(rep *report) { rep.Quick = true }, notMeasured, 0, "a trial"},
		{"another algorithm", againstGNU, 3, tools(gnu, self, old), func(rep *report) { rep.Algorithm = "md5" }, notMeasured, 0, "they are for SHA-1"},
		{"more cores", againstGNU, 3, tools(gnu, self, old), func(rep *report) { rep.Machine.Cores = 8 }, notMeasured, 0, "they are for 2 cores, this machine has 8"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rep := &report{Algorithm: "sha1", Machine: machine{Cores: 2, Vendor: amd}, Rows: []rowResult{{Name: "tiny", Tools: tt.tools}}}
			if tt.change != nil {
				tt.change(rep)
			}
			asked := []row{{name: "tiny", data: dataset{title: "2 x 1 B"}}}
			rep.judgeAll([]bar{
				{"tiny", amd, tt.figure, tt.limit},
				{"tiny", intel, tt.figure, tt.limit},
				{"not asked for", "", tt.figure, tt.limit},
			}, asked)
			if len(rep.Bars) != 1 {
				t.Fatalf("bars are %+v, want that of AMD's", rep.Bars)
			}
			got := rep.Bars[0]
			if got.Verdict != tt.verdict || got.Value != tt.value || got.Why != tt.why || got.Title != "2 x 1 B" {
				t.Errorf("judgement is %+v, want %s, %v, %q", got, tt.verdict, tt.value, tt.why)
			}
			if byOld := tt.figure == againstOld && tt.value > 0; byOld && got.Processor != 0.25 || !byOld && got.Processor != 0 {
				t.Errorf("by processor time it is %v of old's", got.Processor)
			}
		})
	}
}
