package main

import (
	"strings"
	"testing"
	"time"
)

// sample is a report with a row in which every tool took part, one without peers, and
// one of each other kind.
func sample() *report {
	rep := &report{
		Machine: machine{CPU: "Fast CPU", Vendor: amd, Features: "avx2 sha_ni", Cores: 2, System: "Linux 6.1", Load: "0.10"},
		Started: time.Date(2026, 1, 31, 23, 59, 0, 0, time.UTC),
		Go:      "go1.26.0",

		Algorithm: "sha1",
		Tools: []toolRelease{
			{Name: "sha1sum", Release: "sha1sum (GNU coreutils) 9.1"},
			{Name: "psha1sum", Release: "psha1sum 0.1.0"},
			{Name: "old", Release: "psha1sum 0.0.9", Note: "commit 123"},
			{Name: "openssl", Release: "OpenSSL 3.0", Note: "shared out"},
			{Name: "b3sum", Release: "b3sum 1.2.0"},
		},
		Readers: []toolRelease{{Name: "cat -P2", Release: "cat 9.1"}, {Name: "cat -P8", Release: "cat 9.1"}},
		Absent:  []string{"rhash"},
		Skipped: []string{"2 x 1 TB: skipped: no room"},
		Rows: []rowResult{{
			Name: "2x1G", Title: "2 x 1 GB", Kind: warm, Bytes: 2e9, Rounds: 3,
			Tools: []toolResult{
				{Tool: "sha1sum", Wall: []float64{2, 2.2, 6}, PeakKiB: 1024},
				{Tool: "psha1sum", Wall: []float64{0.2, 0.2, 0.5}, PeakKiB: 10 * 1024},
				{Tool: "old", Wall: []float64{0.25, 0.5, 0.5}, CPU: []float64{0.5, 0.5, 0.5}, PeakKiB: 11 * 1024},
				{Tool: "openssl", Wall: []float64{0.9, 0.8, 1}, BlocksRead: 2 * 1e9 / blockSize},
				{Tool: "b3sum", Foreign: true, Wall: []float64{0.1, 0.1, 0.1}},
			},
		}, {
			Title: "`--check`", Kind: warm, Bytes: 1e6, Rounds: 3,
			Tools: []toolResult{
				{Tool: "sha1sum", Wall: []float64{0.04}},
				{Tool: "psha1sum", Wall: []float64{0.02}, BlocksRead: 1},
			},
			LeftOut: []string{"openssl: exit status 1"},
		}, {
			Title: "2 x 1 GB, held back", Kind: heldBack, Bytes: 2e9, Rounds: 3,
			Tools: []toolResult{
				{Tool: "sha1sum", Wall: []float64{2, 2.2, 6}},
				{Tool: "psha1sum", Wall: []float64{0.2, 0.2, 0.5}, PeakKiB: 10 * 1024},
				{Tool: "one core", Wall: []float64{0.4, 0.4, 0.4}, PeakKiB: 9 * 1024},
			},
		}, {
			Title: "2 x 1 GB, cold", Kind: cold, Bytes: 2e9, Rounds: 2, InodesWarm: "permission denied",
			Tools: []toolResult{
				{Tool: "sha1sum", Wall: []float64{4, 4}, BlocksRead: 2 * 2e9 / blockSize},
				{Tool: "psha1sum", Wall: []float64{2, 2}, BlocksRead: 2 * 2e9 / blockSize, PeakKiB: 10 * 1024},
				{Tool: "openssl", Wall: []float64{3, 3}, BlocksRead: 2 * 1e9 / blockSize},
				{Tool: "cat -P2", Reader: true, Wall: []float64{1.9, 1.9}, BlocksRead: 2 * 2e9 / blockSize},
				{Tool: "cat -P8", Reader: true, Wall: []float64{1.8, 1.8}, BlocksRead: 2 * 2e9 / blockSize},
			},
		}, {
			Title: "`-r` of 2 x 1 GB", Kind: walk, Bytes: 2e9, Rounds: 3,
			Tools: []toolResult{
				{Tool: "sha1sum", Wall: []float64{1, 1.2, 3}, PeakKiB: 1024},
				{Tool: "psha1sum", Wall: []float64{0.2, 0.3, 0.5}, PeakKiB: 10 * 1024},
				{Tool: "openssl", Wall: []float64{0.9, 0.9, 1}},
			},
		}, {
			Title: "`-r` of 2 x 1 GB, cold", Kind: coldWalk, Bytes: 2e9, Rounds: 2,
			Tools: []toolResult{
				{Tool: "sha1sum", Wall: []float64{6, 6}, BlocksRead: 2 * 2e9 / blockSize},
				{Tool: "psha1sum", Wall: []float64{2, 2}, BlocksRead: 2 * 2e9 / blockSize},
			},
		}, {
			Name: "2x1G-md5", Title: "`-a md5` of 2 x 1 GB", Kind: algorithms, Bytes: 2e9, Rounds: 3,
			Tools: []toolResult{
				{Tool: "md5sum", Wall: []float64{3, 3.3, 9}, PeakKiB: 1024},
				{Tool: "psha1sum", Wall: []float64{0.3, 0.3, 0.5}, PeakKiB: 10 * 1024},
			},
		}, {
			Title: "2 x 1 GB", Kind: ways, Bytes: 2e9, Rounds: 3,
			Tools: []toolResult{
				{Tool: "sha1sum", Wall: []float64{2, 2.2, 6}},
				{Tool: "psha1sum", Wall: []float64{0.2, 0.2, 0.5}},
				{Tool: "--io=read", Wall: []float64{0.2, 0.22, 0.5}},
				{Tool: "--io=uring", Wall: []float64{0.2, 0.4, 0.5}},
			},
		}, {
			Title: "2 x 1 GB, cold", Kind: coldWays, Bytes: 2e9, Rounds: 3,
			Tools: []toolResult{
				{Tool: "sha1sum", Wall: []float64{4, 4}, BlocksRead: 3 * 2e9 / blockSize},
				{Tool: "psha1sum", Wall: []float64{2, 2}, BlocksRead: 3 * 2e9 / blockSize},
				{Tool: "--io=read", Wall: []float64{2.5, 2.5}, BlocksRead: 3 * 2e9 / blockSize},
			},
		}, {
			Title: "`--check` of 2 x 1 GB", Kind: forms, Bytes: 2e9, Rounds: 3,
			Tools: []toolResult{
				{Tool: "sha1sum", Wall: []float64{2, 2.2, 6}},
				{Tool: "psha1sum", Wall: []float64{0.2, 0.2, 0.5}},
				{Tool: "--json", Wall: []float64{0.2, 0.22, 0.5}},
			},
		}, {
			Title: "2 x 1 GB, first run", Kind: fill, Bytes: 2e9, Rounds: 3,
			Tools: []toolResult{
				{Tool: "sha1sum", Wall: []float64{2, 2.2, 6}},
				{Tool: "psha1sum", Wall: []float64{0.2, 0.2, 0.5}},
				{Tool: "--cache", Wall: []float64{0.2, 0.25, 0.5}, PeakKiB: 20 * 1024},
			},
		}, {
			Title: "`-r` of 2 x 1 GB, known, cold", Kind: coldHitsWalk, Bytes: 2e9, Rounds: 2,
			Tools: []toolResult{
				{Tool: "sha1sum", Wall: []float64{4, 4}, BlocksRead: 2 * 2e9 / blockSize},
				{Tool: "psha1sum", Wall: []float64{2, 2}, BlocksRead: 2 * 1e9 / blockSize},
				{Tool: "--cache", Wall: []float64{0.01, 0.01}, BlocksRead: 8},
			},
		}, {
			Title: "2 x 1 GB, known", Kind: hits, Bytes: 2e9, Rounds: 3,
			Tools: []toolResult{
				{Tool: "sha1sum", Wall: []float64{2, 2.2, 6}},
				{Tool: "psha1sum", Wall: []float64{0.2, 0.2, 0.5}},
				{Tool: "--cache", Wall: []float64{0.004, 0.005, 0.004}, PeakKiB: 10 * 1024},
			},
		}, {
			Title: "one empty file", Kind: startUp, Rounds: 3,
			Tools: []toolResult{
				{Tool: "sha1sum", Wall: []float64{0.0006, 0.0007, 0.1}, BlocksRead: 8},
				{Tool: "psha1sum", Wall: []float64{0.0014, 0.0014, 0.2}},
			},
		}},
	}
	// Each tool but old keeps two cores busy.
	for _, r := range rep.Rows {
		for i := range r.Tools {
			if t := &r.Tools[i]; t.CPU == nil {
				for _, wall := range t.Wall {
					t.CPU = append(t.CPU, 2*wall)
				}
			}
		}
	}
	rep.judgeAll([]bar{
		{"2x1G", "", againstGNU, 10},
		{"2x1G", amd, againstOld, 0.65},
		{"2x1G", intel, againstOld, 1},
		{"2x1G", "", ourMemory, 24},
		{"2x1G-md5", "", againstOld, 1.02},
		{"2x1T", "", againstGNU, 2.5},
	}, []row{
		{name: "2x1G", data: dataset{title: "2 x 1 GB"}},
		{name: "2x1G-md5", alg: "md5", data: dataset{title: "2 x 1 GB"}},
		{name: "2x1T", data: dataset{title: "2 x 1 TB"}},
	})
	return rep
}

const sampleMarkdown = `- 2026-01-31, Linux 6.1: Fast CPU, 2 cores (avx2 sha_ni), load 0.10 at the start
- sha1sum: sha1sum (GNU coreutils) 9.1
- psha1sum: psha1sum 0.1.0, built by go1.26.0
- old: psha1sum 0.0.9 (commit 123)
- openssl: OpenSSL 3.0 (shared out)
- b3sum: b3sum 1.2.0
- cat -P2: cat 9.1
- cat -P8: cat 9.1
- not installed: rhash
- medians of rounds in which all tools took turns, output to a file

Page cache warm, medians of 3 rounds:

| files | psha1sum | speed | peak memory | GNU sha1sum | ratio | best peer | ratio |
|---|---|---|---|---|---|---|---|
| 2 x 1 GB | 200 ms | 10.00 GB/s | 10.0 MiB | 2.20 s | 11.00 (11.00) | openssl 900 ms | 4.50 (4.00) |
| ´--check´ | 20.0 ms | 0.05 GB/s | - | 40.0 ms | 2.00 (2.00) | - | - |

Page cache dropped before each run, medians of 2 rounds:

| files | psha1sum | speed | peak memory | GNU sha1sum | ratio | best peer | ratio | reading alone | ratio |
|---|---|---|---|---|---|---|---|---|---|
| 2 x 1 GB, cold | 2.00 s | 1.00 GB/s | 10.0 MiB | 4.00 s | 2.00 (2.00) | openssl 3.00 s | 1.50 (1.50) | cat -P8 1.80 s | 0.90 (0.90) |

´psha1sum -r DIR´; GNU is ´find DIR -type f -print0 | xargs -0 -P2 sha1sum´, one process for each full command line:

Page cache warm, medians of 3 rounds:

| files | psha1sum | speed | peak memory | find, xargs, sha1sum | ratio | best peer | ratio |
|---|---|---|---|---|---|---|---|
| ´-r´ of 2 x 1 GB | 300 ms | 6.67 GB/s | 10.0 MiB | 1.20 s | 4.00 (5.00) | openssl 900 ms | 3.00 (3.00) |

Page cache dropped before each run, medians of 2 rounds:

| files | psha1sum | speed | peak memory | find, xargs, sha1sum | ratio | best peer | ratio |
|---|---|---|---|---|---|---|---|
| ´-r´ of 2 x 1 GB, cold | 2.00 s | 1.00 GB/s | - | 6.00 s | 3.00 (3.00) | - | - |

| 2 x 1 GB, held back | time | speed | peak memory | against GNU sha1sum |
|---|---|---|---|---|
| psha1sum | 200 ms | 10.00 GB/s | 10.0 MiB | 11.00 (11.00) |
| one core | 400 ms | 5.00 GB/s | 9.0 MiB | 5.50 (5.50) |

Other algorithms, beside the GNU tool for each, or b3sum:

| files | psha1sum | processor time | peak memory | other tool | processor time | peak memory | ratio |
|---|---|---|---|---|---|---|---|
| ´-a md5´ of 2 x 1 GB | 300 ms | 600 ms | 10.0 MiB | md5sum 3.30 s | 6.60 s | 1.0 MiB | 11.00 (11.00) |

Ways of reading; in brackets the ratio of GNU's time to theirs:

| files | psha1sum | --io=read | --io=uring |
|---|---|---|---|
| 2 x 1 GB | 200 ms (11.00) | 220 ms (10.00) | 400 ms (5.50) |
| 2 x 1 GB, cold | 2.00 s (2.00) | 2.50 s (1.60) | - |

Output formats; ratios are to the time with GNU's lines:

| files | psha1sum | --json | ratio |
|---|---|---|---|
| ´--check´ of 2 x 1 GB | 200 ms | 220 ms | 1.10 (1.00) |

With a cache; ratios are the other's time divided by the time with it. With ´-r´, GNU is ´find DIR -type f -print0 | xargs -0 -P2 sha1sum´:

| files | --cache | peak memory | psha1sum | ratio | GNU sha1sum | ratio |
|---|---|---|---|---|---|---|
| 2 x 1 GB, known | 4.0 ms | 10.0 MiB | 200 ms | 50.00 (50.00) | 2.20 s | 550.00 (500.00) |
| ´-r´ of 2 x 1 GB, known, cold | 10.0 ms | - | 2.00 s | 200.00 (200.00) | 4.00 s | 400.00 (400.00) |
| 2 x 1 GB, first run | 250 ms | 20.0 MiB | 200 ms | 0.80 (1.00) | 2.20 s | 8.80 (10.00) |

Start-up: 1.40 ms against 0.70 ms of GNU sha1sum, 2.00 times (one empty file, from fork to wait, medians of 3 runs), processor time 2.80 ms against 1.40 ms.

Against old; ratios are medians of psha1sum's time divided by old's in the same round (and the middle half of the rounds):

| files | psha1sum | old | ratio | processor time | old | ratio | peak memory | old |
|---|---|---|---|---|---|---|---|---|
| 2 x 1 GB | 200 ms | 500 ms | 0.80 (0.40 to 1.00) | 400 ms | 500 ms | 0.80 (0.80 to 2.00) | 10.0 MiB | 11.0 MiB |

Median (fastest to slowest), processor time of all processes, peak memory of the largest:

| files | sha1sum | psha1sum | old | openssl | b3sum |
|---|---|---|---|---|---|
| 2 x 1 GB | 2.20 s (2.00 s to 6.00 s), 4.40 s, 1.0 MiB | 200 ms (200 ms to 500 ms), 400 ms, 10.0 MiB | 500 ms (250 ms to 500 ms), 500 ms, 11.0 MiB | 900 ms (800 ms to 1.00 s), 1.80 s, - | 100 ms (100 ms to 100 ms), 200 ms, - |
| ´--check´ | 40.0 ms (40.0 ms to 40.0 ms), 80.0 ms, - | 20.0 ms (20.0 ms to 20.0 ms), 40.0 ms, - | - | - | - |

Median (fastest to slowest), processor time of all processes, peak memory of the largest:

| files | sha1sum | psha1sum | openssl | cat -P2 | cat -P8 |
|---|---|---|---|---|---|
| 2 x 1 GB, cold | 4.00 s (4.00 s to 4.00 s), 8.00 s, - | 2.00 s (2.00 s to 2.00 s), 4.00 s, 10.0 MiB | 3.00 s (3.00 s to 3.00 s), 6.00 s, - | 1.90 s (1.90 s to 1.90 s), 3.80 s, - | 1.80 s (1.80 s to 1.80 s), 3.60 s, - |

Median (fastest to slowest), processor time of all processes, peak memory of the largest:

| files | sha1sum | psha1sum | openssl |
|---|---|---|---|
| ´-r´ of 2 x 1 GB | 1.20 s (1.00 s to 3.00 s), 2.40 s, 1.0 MiB | 300 ms (200 ms to 500 ms), 600 ms, 10.0 MiB | 900 ms (900 ms to 1.00 s), 1.80 s, - |
| ´-r´ of 2 x 1 GB, cold | 6.00 s (6.00 s to 6.00 s), 12.00 s, - | 2.00 s (2.00 s to 2.00 s), 4.00 s, - | - |

Median (fastest to slowest), processor time of all processes, peak memory of the largest:

| files | sha1sum | psha1sum | one core |
|---|---|---|---|
| 2 x 1 GB, held back | 2.20 s (2.00 s to 6.00 s), 4.40 s, - | 200 ms (200 ms to 500 ms), 400 ms, 10.0 MiB | 400 ms (400 ms to 400 ms), 800 ms, 9.0 MiB |

Median (fastest to slowest), processor time of all processes, peak memory of the largest:

| files | sha1sum | psha1sum | --io=read | --io=uring |
|---|---|---|---|---|
| 2 x 1 GB | 2.20 s (2.00 s to 6.00 s), 4.40 s, - | 200 ms (200 ms to 500 ms), 400 ms, - | 220 ms (200 ms to 500 ms), 440 ms, - | 400 ms (200 ms to 500 ms), 800 ms, - |
| 2 x 1 GB, cold | 4.00 s (4.00 s to 4.00 s), 8.00 s, - | 2.00 s (2.00 s to 2.00 s), 4.00 s, - | 2.50 s (2.50 s to 2.50 s), 5.00 s, - | - |

Median (fastest to slowest), processor time of all processes, peak memory of the largest:

| files | sha1sum | psha1sum | --json |
|---|---|---|---|
| ´--check´ of 2 x 1 GB | 2.20 s (2.00 s to 6.00 s), 4.40 s, - | 200 ms (200 ms to 500 ms), 400 ms, - | 220 ms (200 ms to 500 ms), 440 ms, - |

Median (fastest to slowest), processor time of all processes, peak memory of the largest:

| files | sha1sum | psha1sum | --cache |
|---|---|---|---|
| 2 x 1 GB, known | 2.20 s (2.00 s to 6.00 s), 4.40 s, - | 200 ms (200 ms to 500 ms), 400 ms, - | 4.0 ms (4.0 ms to 5.0 ms), 8.0 ms, 10.0 MiB |
| ´-r´ of 2 x 1 GB, known, cold | 4.00 s (4.00 s to 4.00 s), 8.00 s, - | 2.00 s (2.00 s to 2.00 s), 4.00 s, - | 10.0 ms (10.0 ms to 10.0 ms), 20.0 ms, - |
| 2 x 1 GB, first run | 2.20 s (2.00 s to 6.00 s), 4.40 s, - | 200 ms (200 ms to 500 ms), 400 ms, - | 250 ms (200 ms to 500 ms), 500 ms, 20.0 MiB |

- 2 x 1 TB: skipped: no room
- 2 x 1 GB: the page cache was not warm for openssl, which read 1953125 KiB from a disk
- ´--check´: left out openssl: exit status 1
- 2 x 1 GB, cold: dentries and inodes were warm: permission denied
- 2 x 1 GB, cold: the page cache was not cold for openssl, which read no more than 1953125 KiB from a disk
- ´-r´ of 2 x 1 GB, known, cold: the page cache was not cold for psha1sum, which read no more than 1953125 KiB from a disk

Bars, for 2 cores; the ratios are medians of those of each round (and the middle half of them):

| files | bar | measured | by processor time | verdict |
|---|---|---|---|---|
| 2 x 1 GB | at least 10 times as fast as GNU | 11.00 (10.00 to 12.00) | - | held |
| 2 x 1 GB | at most 0.65 of old's time | 0.80 (0.40 to 1.00) | 0.80 | **missed** |
| 2 x 1 GB | at most 24 MiB of memory | 10.0 | - | held |
| ´-a md5´ of 2 x 1 GB | at most 1.02 of old's time | - | - | not measured: old did not run |
| 2 x 1 TB | at least 2.5 times as fast as GNU | - | - | not measured: the row was skipped |

2 held, 1 missed, 2 not measured.
`

func TestMarkdown(t *testing.T) {
	var got strings.Builder
	if err := sample().writeMarkdown(&got); err != nil {
		t.Fatal(err)
	}
	if want := strings.ReplaceAll(sampleMarkdown, "´", "`"); got.String() != want {
		t.Errorf("report is\n%s\nwant\n%s", got.String(), want)
	}
}

func TestBestPeerIsNeitherForeignNorOurs(t *testing.T) {
	if best, ok := sample().Rows[0].bestPeer(); !ok || best.Tool != "openssl" {
		t.Errorf("best peer is %q, want openssl", best.Tool)
	}
	if best, ok := (rowResult{Tools: []toolResult{{Tool: "cat -P2", Reader: true}}}).bestPeer(); ok {
		t.Errorf("best peer is %q, which only reads", best.Tool)
	}
	if best, ok := sample().Rows[1].bestPeer(); ok {
		t.Errorf("best peer is %q where there is none", best.Tool)
	}
}

// TestBusyNote: if the reference had to wait for a CPU, the report says so.
func TestBusyNote(t *testing.T) {
	busy := rowResult{Kind: warm, Tools: []toolResult{{Tool: "sha1sum", Wall: []float64{1, 2, 4}, CPU: []float64{1, 1, 1}}}}
	const want = "the machine was busy: sha1sum had a processor for 50 % of its time"
	if got := busyNote(busy); got != want {
		t.Errorf("the note is %q, want %q", got, want)
	}
	idle := busy
	idle.Tools = []toolResult{{Tool: "sha1sum", Wall: []float64{1, 1, 4}, CPU: []float64{0.9, 0.9, 1}}}
	for _, r := range []rowResult{idle, {Kind: cold, Tools: busy.Tools}, {Kind: walk, Tools: busy.Tools}} {
		if got := busyNote(r); got != "" {
			t.Errorf("%s: the note is %q, want none", r.Kind, got)
		}
	}
}

type failingWriter struct{}

func (failingWriter) Write([]byte) (int, error) { return 0, errTest }

func TestMarkdownReportsWriteErrors(t *testing.T) {
	if err := sample().writeMarkdown(failingWriter{}); err != errTest {
		t.Errorf("writeMarkdown to a failing writer: error %v, want %v", err, errTest)
	}
}
