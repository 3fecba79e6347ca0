package console

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestAmount(t *testing.T) {
	for n, want := range map[float64]string{
		0: "0 B", 0.4: "0 B", 1: "1 B", 999: "999 B", 999.5: "1.0 kB", 1000: "1.0 kB", 1049: "1.0 kB", 1050.1: "1.1 kB",
		131072: "131.1 kB", 999_949: "999.9 kB", 999_950: "1.0 MB", 123.4e9: "123.4 GB", 5e12: "5.0 TB", 2e15: "2.0 PB",
		math.MaxInt64: "9.2 EB", 1e22: "10000.0 EB",
	} {
		if got := formatBytes(n); got != want {
			t.Errorf("formatBytes(%v) = %q, want %q", n, got, want)
		}
	}
}

func TestSpan(t *testing.T) {
	for seconds, want := range map[float64]string{
		0: "0 s", 0.4: "0 s", 0.6: "1 s", 61: "61 s", 99.4: "99 s", 99.6: "1:40", 100: "1:40", 605: "10:05", 3599: "59:59",
		3600: "1:00:00", 7384: "2:03:04", 86399: "23:59:59", 86400: "1 d 0 h", 3*86400 + 4*3600 + 3599: "3 d 4 h",
	} {
		if got := formatDuration(time.Duration(seconds * float64(time.Second))); got != want {
			t.Errorf("formatDuration(%v s) = %q, want %q", seconds, got, want)
		}
	}
}

func TestConclusion(t *testing.T) {
	for _, test := range []struct {
		bytes  int64
		took   time.Duration
		failed int64
		want   string
	}{
		{123.4e9, 61 * time.Second, 0, "123.4 GB in 61 s, 2.0 GB/s"},
		{123.4e9, 61 * time.Second, 3, "123.4 GB in 61 s, 2.0 GB/s, 3 FAILED"},
		{0, 0, 0, "0 B in less than 0.1 s"},
		{1e6, 99 * time.Millisecond, 1, "1.0 MB in less than 0.1 s, 1 FAILED"},
		{1e6, 100 * time.Millisecond, 0, "1.0 MB in 0.1 s, 10.0 MB/s"},
		{1e6, 1990 * time.Millisecond, 0, "1.0 MB in 1.9 s, 502.5 kB/s"},
		{1e9, 10*time.Second - 1, 0, "1.0 GB in 9.9 s, 100.0 MB/s"},
		{1e9, 10 * time.Second, 0, "1.0 GB in 10 s, 100.0 MB/s"},
	} {
		if got := conclusion(test.bytes, test.took, test.failed); got != test.want {
			t.Errorf("%+v: %q", test, got)
		}
	}
}

// TestViewLine checks that the line shows no more than is known.
func TestViewLine(t *testing.T) {
	for _, test := range []struct {
		title string
		view  view
		want  string
	}{
		{"nothing", view{}, "0 B, 0 B/s, 0 s so far"},
		{"one", view{files: 1, took: time.Second}, "0 B, 1 file, 0 B/s, 1 s so far"},
		{"all is known", view{done: 12.3e9, total: 50e9, files: 3, allFiles: 120, complete: true, took: 6e9, rate: 2e9, name: "a"},
			"12.3 GB of 50.0 GB, 24 %, 3 of 120 files, 2.0 GB/s, 6 s so far, 19 s left  a"},
		{"some failed", view{done: 12.3e9, total: 50e9, files: 3, allFiles: 120, complete: true, failed: 2, took: 6e9, rate: 2e9},
			"12.3 GB of 50.0 GB, 24 %, 3 of 120 files, 2 FAILED, 2.0 GB/s, 6 s so far, 19 s left"},
		{"many side by side", view{done: 1.7e9, total: 12.9e9, allFiles: 192, complete: true, took: 2e9, rate: 1e9},
			"1.7 GB of 12.9 GB, 13 %, 1.0 GB/s, 2 s so far, 11 s left"},
		{"more may come", view{done: 12.3e9, total: 14e9, files: 3, allFiles: 7, rate: 2e9},
			"12.3 GB of more than 14.0 GB, 3 files, 2.0 GB/s, 0 s so far"},
		{"the estimate is behind", view{done: 14e9, total: 12e9, files: 3, allFiles: 7, rate: 2e9}, "14.0 GB, 3 files, 2.0 GB/s, 0 s so far"},
		{"files grew", view{done: 101, total: 100, files: 2, allFiles: 3, complete: true, rate: 1}, "101 B, 2 of 3 files, 1 B/s, 0 s so far"},
		{"more files", view{done: 10, total: 100, files: 4, allFiles: 3, complete: true, rate: 1}, "10 B of 100 B, 10 %, 4 files, 1 B/s, 0 s so far, 90 s left"},
		{"nearly", view{done: 9999, total: 10000, files: 1, allFiles: 2, complete: true, rate: 1e6}, "10.0 kB of 10.0 kB, 99 %, 1 of 2 files, 1.0 MB/s, 0 s so far, 1 s left"},
		{"the end", view{done: 100, total: 100, files: 2, allFiles: 2, complete: true, rate: 1}, "100 B of 100 B, 100 %, 2 of 2 files, 1 B/s, 0 s so far"},
		{"stalled", view{done: 10, total: 100, allFiles: 1, complete: true}, "10 B of 100 B, 10 %, 0 B/s, 0 s so far"},
		{"for ever", view{done: 10, total: math.MaxInt64, allFiles: 1, complete: true, took: 1e5 * time.Second, rate: 1}, "10 B of 9.2 EB, 0 %, 1 B/s, 1 d 3 h so far"},
		{"sizes that lie", view{total: math.MinInt64, complete: true, rate: 1}, "0 B, 1 B/s, 0 s so far"},
	} {
		if got := test.view.line(200); got != test.want {
			t.Errorf("%s: %q, want %q", test.title, got, test.want)
		}
	}
}

// TestViewNarrow checks the order in which parts are left out.
func TestViewNarrow(t *testing.T) {
	v := view{
		done: 8.3e9, total: 15e9, files: 96, allFiles: 224, complete: true, failed: 3,
		took: 10 * time.Second, rate: 826.8e6, name: "data/many/f00.bin",
	}
	for _, want := range []string{
		"8.3 GB of 15.0 GB, 55 %, 96 of 224 files, 3 FAILED, 826.8 MB/s, 10 s so far, 8 s left  data/many/f00.bin",
		"8.3 GB of 15.0 GB, 55 %, 96 of 224 files, 3 FAILED, 826.8 MB/s, 10 s so far, 8 s left",
		"8.3 GB of 15.0 GB, 55 %, 96 of 224 files, 3 FAILED, 826.8 MB/s, 8 s left",
		"8.3 GB of 15.0 GB, 55 %, 3 FAILED, 826.8 MB/s, 8 s left",
		"8.3 GB of 15.0 GB, 55 %, 3 FAILED, 8 s left",
		"55 %, 3 FAILED, 8 s left",
		"55 %, 3 FAILED",
		"55 %",
	} {
		if got := v.line(len(want) + 1); got != want {
			t.Errorf("%d columns: %q, want %q", len(want)+1, got, want)
		}
	}
}

// TestViewFits checks that the last column stays free at every width.
func TestViewFits(t *testing.T) {
	for _, name := range []string{"", "a", strings.Repeat("abc", 100), strings.Repeat("日本", 100), strings.Repeat("e\u0301", 100), "\u202e" + strings.Repeat("…", 90)} {
		v := view{done: 12.3e9, total: 50e9, files: 3, allFiles: 120, complete: true, failed: 7, took: 6e9, rate: 2e9, name: name}
		last := ""
		for columns := range 300 {
			line := v.line(columns)
			if n := widthOf(line); n > max(columns-1, 0) {
				t.Errorf("%d columns: %q takes %d", columns, line, n)
			}
			if !strings.Contains(line, beforeName) && len(line) < len(last) && !strings.Contains(last, beforeName) {
				t.Errorf("%d columns: %q, but with one less %q", columns, line, last)
			}
			last = line
		}
	}
}

func widthOf(text string) (n int) {
	for _, r := range text {
		n += columnsFor(r)
	}
	return n
}

func TestShorten(t *testing.T) {
	for _, test := range []struct {
		name    string
		columns int
		want    string
	}{
		{"", 12, ""},
		{"abcdefghijkl", 12, "abcdefghijkl"},
		{"abcdefghijklm", 12, "abc...hijklm"},
		{"abcdefghijklmnopqrstuvwxyz", 15, "abcd...stuvwxyz"},
		{"日本日本日本", 12, "日本日本日本"},
		{"日本日本日本日", 12, "日...日本日"},
		{"a日本日本日本", 12, "a日...本日本"},
		{"'a\u0301'\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301z", 12, "'a...\u0301\u0301\u0301z"},
	} {
		if got := shorten(test.name, test.columns); got != test.want || !utf8.ValidString(got) {
			t.Errorf("shorten(%q, %d) = %q, want %q", test.name, test.columns, got, test.want)
		}
	}
}

// TestPace checks that the rate is that of the last ten seconds.
func TestPace(t *testing.T) {
	var p pace
	if p.rate() != 0 {
		t.Errorf("before it begins: %v", p.rate())
	}
	p.add(0, 0)
	if p.rate() != 0 {
		t.Errorf("at the beginning: %v", p.rate())
	}
	at, bytes := time.Duration(0), int64(0)
	for _, phase := range []struct {
		steps int
		each  int64 // bytes per tenth of a second
		want  float64
	}{
		{10, 100, 1000}, {500, 100, 1000}, {200, 0, 0}, {200, 300, 3000},
	} {
		for range phase.steps {
			at += 100 * time.Millisecond
			bytes += phase.each
			p.add(at, bytes)
		}
		if got := p.rate(); math.Abs(got-phase.want) > 1e-6 {
			t.Errorf("%+v: %v", phase, got)
		}
	}
	if len(p.marks) > maxMarks || !slices.IsSortedFunc(p.marks, func(a, b mark) int { return int(a.at - b.at) }) {
		t.Errorf("%v", p.marks)
	}
}
