package main

import (
	"slices"
	"strings"
	"testing"
)

func TestChoose(t *testing.T) {
	items := []string{"a", "a-check", "b", "b-check"}
	tests := []struct {
		patterns string
		want     []string
		err      string
	}{
		{"*", items, ""},
		{"b", []string{"b"}, ""},
		{"b,a", []string{"a", "b"}, ""},
		{"*-check,a", []string{"a", "a-check", "b-check"}, ""},
		{"a,c", nil, `unknown letter "c"`},
		{"", nil, `unknown letter ""`},
		{"[", nil, "syntax error"},
	}
	for _, tt := range tests {
		t.Run(tt.patterns, func(t *testing.T) {
			got, err := choose("letter", tt.patterns, items, func(s string) string { return s })
			if !slices.Equal(got, tt.want) {
				t.Errorf("choose(%q) = %q, want %q", tt.patterns, got, tt.want)
			}
			if (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Errorf("choose(%q): error %v, want %q", tt.patterns, err, tt.err)
			}
		})
	}
}

func TestRowTitle(t *testing.T) {
	tests := []struct {
		row  row
		want string
	}{
		{row{data: datasets[0]}, "32 x 64 MiB"},
		{row{data: datasets[0].quick()}, "32 x 64 MiB, sizes / 32"},
		{row{data: datasets[0], kind: cold}, "32 x 64 MiB, cold"},
		{row{data: datasets[4].quick()}, "30,000 x 0 to 8 KiB, files / 16"},
		{row{data: datasets[0], check: true}, "`--check` of 32 x 64 MiB"},
		{row{data: few, check: true, lines: 1_000_000}, "`--check` of 1,000,000 lines"},
		{row{data: datasets[0], kind: coldWays}, "32 x 64 MiB, cold"},
		{row{data: datasets[0], kind: ways}, "32 x 64 MiB"},
		{row{data: datasets[0], check: true, kind: forms}, "`--check` of 32 x 64 MiB"},
		{row{data: few, check: true, lines: 1_000_000, kind: forms}, "`--check` of 1,000,000 lines"},
		{row{data: datasets[0], kind: walk}, "`-r` of 32 x 64 MiB"},
		{row{data: datasets[4].quick(), kind: coldWalk}, "`-r` of 30,000 x 0 to 8 KiB, files / 16, cold"},
		{row{data: datasets[0], kind: hits}, "32 x 64 MiB, known"},
		{row{data: datasets[4], kind: hitsWalk}, "`-r` of 30,000 x 0 to 8 KiB, known"},
		{row{data: datasets[4].quick(), kind: coldHitsWalk}, "`-r` of 30,000 x 0 to 8 KiB, files / 16, known, cold"},
		{row{data: datasets[0], kind: fill}, "32 x 64 MiB, first run"},
		{row{data: datasets[4], kind: fillWalk}, "`-r` of 30,000 x 0 to 8 KiB, first run"},
		{row{data: datasets[0], kind: heldBack}, "32 x 64 MiB, psha1sum held back"},
		{row{data: empty, kind: startUp}, "one empty file"},
		{row{data: many, fed: true}, "`xargs` of 1,000,000 x 0 to 1 KiB"},
		{row{data: many, fed: true, check: true}, "`--check` of 1,000,000 x 0 to 1 KiB"},
		{row{data: lots, fed: true, kind: walk}, "`-r` of 300,000 x 0 to 1 KiB"},
		{row{data: lots.quick(), fed: true, kind: warm}, "`xargs` of 300,000 x 0 to 1 KiB, files / 128"},
		{row{data: datasets[4], kind: algorithms, alg: "md5"}, "`-a md5` of 30,000 x 0 to 8 KiB"},
	}
	for _, tt := range tests {
		if got := tt.row.title(); got != tt.want {
			t.Errorf("title() = %q, want %q", got, tt.want)
		}
	}
}

// TestChooseRowsOfAnOption: one pattern selects all rows of an option.
func TestChooseRowsOfAnOption(t *testing.T) {
	type named struct {
		name string
		kind kind
	}
	tests := []struct {
		pattern string
		want    []named
	}{
		{"*-r", []named{{"32x64M-r", walk}, {"30000-tiny-r", walk}, {"30000-tiny-cold-r", coldWalk}, {"300000-tiny-r", walk}}},
		{"300000-tiny*", []named{{"300000-tiny", warm}, {"300000-tiny-check", warm}, {"300000-tiny-r", walk}}},
		{"*-sha*", []named{
			{"30000-tiny-sha224", algorithms}, {"30000-tiny-sha256", algorithms},
			{"30000-tiny-sha384", algorithms}, {"30000-tiny-sha512", algorithms},
		}},
		{"*-cache*", []named{
			{"32x64M-cache", hits},
			{"30000-tiny-cache", hitsWalk},
			{"30000-tiny-cold-cache", coldHitsWalk},
			{"32x64M-cache-first", fill},
			{"30000-tiny-cache-first", fillWalk},
		}},
	}
	for _, tt := range tests {
		for _, quick := range []bool{false, true} {
			chosen, err := choose("row", tt.pattern, benchRows(quick), func(r row) string { return r.name })
			if err != nil {
				t.Fatal(err)
			}
			var got []named
			for _, r := range chosen {
				got = append(got, named{r.name, r.kind})
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("%s, quick %v: rows are %q, want %q", tt.pattern, quick, got, tt.want)
			}
		}
	}
}

func TestKinds(t *testing.T) {
	tests := []struct {
		kind                     kind
		cold, walk, knows, fills bool
	}{
		{warm, false, false, false, false},
		{cold, true, false, false, false},
		{walk, false, true, false, false},
		{coldWalk, true, true, false, false},
		{hits, false, false, true, false},
		{hitsWalk, false, true, true, false},
		{coldHitsWalk, true, true, true, false},
		{fill, false, false, false, true},
		{fillWalk, false, true, false, true},
	}
	for _, tt := range tests {
		k := tt.kind
		if k.isCold() != tt.cold || k.isWalk() != tt.walk || k.isHits() != tt.knows || k.isFill() != tt.fills || k.isCached() != (tt.knows || tt.fills) {
			t.Errorf("%s: cold %v, walk %v, hits %v, fill %v", k, k.isCold(), k.isWalk(), k.isHits(), k.isFill())
		}
	}
}

func TestRowBytes(t *testing.T) {
	data := dataset{files: 3, size: func(i int) int64 { return int64(i + 1) }}
	tests := []struct {
		name string
		row  row
		want int64
	}{
		{"every file once", row{data: data}, 1 + 2 + 3},
		{"files repeated by a manifest", row{data: data, check: true, lines: 7}, 2*(1+2+3) + 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.row.bytes(); got != tt.want {
				t.Errorf("bytes() = %d, want %d", got, tt.want)
			}
		})
	}
}

func TestQuickRowsKeepTheirNames(t *testing.T) {
	full, quick := benchRows(false), benchRows(true)
	if len(full) != len(quick) {
		t.Fatalf("%d rows, %d quick rows", len(full), len(quick))
	}
	for i := range full {
		if full[i].name != quick[i].name {
			t.Errorf("row %s is called %s when quick", full[i].name, quick[i].name)
		}
		if full[i].bytes() < quick[i].bytes() {
			t.Errorf("row %s is larger when quick", full[i].name)
		}
	}
}

// TestSuited: rows with an algorithm of their own are left out of runs with another.
func TestSuited(t *testing.T) {
	if got := suited([]row{{name: "a"}, {name: "b", alg: "md5"}}, "sha1"); len(got) != 2 {
		t.Errorf("for sha1 the rows are %+v, want both", got)
	}
	if got := suited([]row{{name: "a"}, {name: "b", alg: "md5"}}, "md5"); len(got) != 1 || got[0].name != "a" {
		t.Errorf("for md5 the rows are %+v, want a", got)
	}
}

// TestRowsAreFed: what doesn't fit on a command line uses xargs.
func TestRowsAreFed(t *testing.T) {
	for _, r := range benchRows(false) {
		if want := r.data.name == lots.name || r.data.name == many.name; r.fed != want {
			t.Errorf("%s: fed is %v, want %v", r.name, r.fed, want)
		}
	}
}

func TestOnDemand(t *testing.T) {
	rows := []row{{name: "small"}, {name: "million", large: true}}
	tests := []struct {
		name     string
		patterns string
		large    bool
		want     int
	}{
		{"all", "*", false, 1},
		{"a pattern", "small,mill*", false, 1},
		{"by name", "*,million", false, 2},
		{"all, with the large ones", "*", true, 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			asked, left := onDemand(rows, tt.patterns, tt.large)
			if len(asked) != tt.want || len(asked)+len(left) != len(rows) {
				t.Errorf("asked %+v, left %q; want %d rows", asked, left, tt.want)
			}
		})
	}
}

func TestRowRounds(t *testing.T) {
	tests := []struct {
		name  string
		kind  kind
		asked int
		quick bool
		want  int
	}{
		{"by default", warm, 0, false, 5},
		{"a disk is slow", cold, 0, false, 3},
		{"whichever way it is read", coldWays, 0, false, 3},
		{"whoever finds the files", coldWalk, 0, false, 3},
		{"and whether it is read at all", coldHitsWalk, 0, false, 3},
		{"quick", warm, 0, true, 1},
		{"as asked for", warm, 7, false, 7},
		{"quick, as asked for", warm, 2, true, 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := (row{kind: tt.kind}).rounds(tt.asked, tt.quick); got != tt.want {
				t.Errorf("rounds(%d, %v) = %d, want %d", tt.asked, tt.quick, got, tt.want)
			}
		})
	}
}

func TestRowTurns(t *testing.T) {
	tests := []struct {
		kind        kind
		quick       bool
		turns, runs int
	}{
		{warm, false, 1, 1},
		{fill, false, 1, 1}, // each with a new cache
		{startUp, false, 20, 10},
		{startUp, true, 2, 10},
	}
	for _, tt := range tests {
		if turns, runs := (row{kind: tt.kind}).turns(tt.quick); turns != tt.turns || runs != tt.runs {
			t.Errorf("%s, quick %v: %d turns of %d runs, want %d of %d", tt.kind, tt.quick, turns, runs, tt.turns, tt.runs)
		}
	}
}

func TestThousands(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 62_500: "62,500", 1_000_000: "1,000,000"} {
		if got := thousands(n); got != want {
			t.Errorf("thousands(%d) = %q, want %q", n, got, want)
		}
	}
}
