package main

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

func (rep *report) writeMarkdown(w io.Writer) error {
	// A bufio.Writer keeps its first error until Flush.
	out := bufio.NewWriter(w)
	rep.writeHeader(out)
	gnu := "GNU " + reference.name
	writeSummary(out, "Page cache warm", gnu, rep.of(warm))
	writeSummary(out, "Page cache dropped before each run", gnu, rep.of(cold))
	rep.writeWalks(out)
	for _, r := range rep.of(heldBack) {
		writeHeldBack(out, r)
	}
	writeAlgorithms(out, rep.of(algorithms))
	writeWays(out, rep.of(ways, coldWays))
	writeForms(out, rep.of(forms))
	rep.writeCaches(out)
	for _, r := range rep.of(startUp) {
		writeStartUp(out, r)
	}
	rep.writeOld(out)
	for _, kinds := range [][]kind{{warm}, {cold}, {walk, coldWalk}, {heldBack}, {ways, coldWays}, {forms}, cacheKinds} {
		writeDetails(out, rep.of(kinds...))
	}
	rep.writeNotes(out)
	rep.writeBars(out)
	return out.Flush()
}

func (rep *report) writeHeader(w io.Writer) {
	m := rep.Machine
	fmt.Fprintf(w, "- %s, %s: %s, %d cores (%s), load %s at the start\n",
		rep.Started.Format(time.DateOnly), m.System, m.CPU, m.Cores, orElse(m.Features, "no hash features"), orElse(m.Load, "unknown"))
	tools := rep.Tools
	if len(rep.of(cold)) > 0 {
		tools = slices.Concat(tools, rep.Readers)
	}
	for _, t := range tools {
		fmt.Fprintf(w, "- %s: %s", t.Name, t.Release)
		if t.Name == ours.name && rep.Go != "" {
			fmt.Fprintf(w, ", built by %s", rep.Go)
		}
		if t.Note != "" {
			fmt.Fprintf(w, " (%s)", t.Note)
		}
		fmt.Fprintln(w)
	}
	if len(rep.Absent) > 0 {
		fmt.Fprintf(w, "- not installed: %s\n", strings.Join(rep.Absent, ", "))
	}
	fmt.Fprint(w, "- medians of rounds in which all tools took turns, output to a file\n")
	if rep.Quick {
		fmt.Fprintf(w, "- **a trial with 1/%d of the bytes or less: not a measurement**\n", quickFactor)
	}
}

// writeWalks writes the tables of tools that were given a directory. xargs starts
// another process only when a command line is full, which explains why -P doesn't help
// GNU with few files.
func (rep *report) writeWalks(w io.Writer) {
	inCache, onDisk := rep.of(walk), rep.of(coldWalk)
	if len(inCache)+len(onDisk) == 0 {
		return
	}
	fmt.Fprintf(w, "\n`%s -r DIR`; GNU is `%s`, one process for each full command line:\n", ours.name, rep.findXargs())
	gnu := "find, xargs, " + reference.name
	writeSummary(w, "Page cache warm", gnu, inCache)
	writeSummary(w, "Page cache dropped before each run", gnu, onDisk)
}

// findXargs is the pipeline for GNU on a directory.
func (rep *report) findXargs() string {
	return fmt.Sprintf("find DIR -type f -print0 | xargs -0 -P%d %s", rep.Machine.Cores, reference.name)
}

// writeSummary writes the table of ratios, with a column for readers if any took part.
// A ratio is the other's median divided by psha1sum's; in brackets is the median of the
// ratios by round.
func writeSummary(w io.Writer, caption, gnuColumn string, rows []rowResult) {
	if len(rows) == 0 {
		return
	}
	reading := slices.ContainsFunc(rows, func(r rowResult) bool { _, ok := r.bestReader(); return ok })
	fmt.Fprintf(w, "\n%s, medians of %d rounds:\n\n", caption, rows[0].Rounds)
	columns := []string{"files", "psha1sum", "speed", "peak memory", gnuColumn, "ratio", "best peer", "ratio"}
	if reading {
		columns = append(columns, "reading alone", "ratio")
	}
	writeHead(w, columns)
	for _, r := range rows {
		self, _ := r.of(ours.name)
		gnu := r.gnu()
		fmt.Fprintf(w, "| %s | %s | %.2f GB/s | %s | %s | %s |",
			r.Title, seconds(median(self.Wall)), float64(r.Bytes)/median(self.Wall)/1e9, mebibytes(self.PeakKiB),
			seconds(median(gnu.Wall)), ratio(gnu, self))
		writeOther(w, r.bestPeer, self)
		if reading {
			writeOther(w, r.bestReader, self)
		}
		fmt.Fprintln(w)
	}
}

// writeOther writes the cells of a tool that may be missing.
func writeOther(w io.Writer, best func() (toolResult, bool), self toolResult) {
	if t, ok := best(); ok {
		fmt.Fprintf(w, " %s %s | %s |", t.Tool, seconds(median(t.Wall)), ratio(t, self))
	} else {
		fmt.Fprint(w, " - | - |")
	}
}

// writeDetails writes the table of all tools that took part in the rows.
func writeDetails(w io.Writer, rows []rowResult) {
	if len(rows) == 0 {
		return
	}
	columns := []string{"files"}
	for _, r := range rows {
		for _, t := range r.Tools {
			if !slices.Contains(columns, t.Tool) {
				columns = append(columns, t.Tool)
			}
		}
	}
	fmt.Fprint(w, "\nMedian (fastest to slowest), processor time of all processes, peak memory of the largest:\n\n")
	writeHead(w, columns)
	for _, r := range rows {
		fmt.Fprintf(w, "| %s |", r.Title)
		for _, name := range columns[1:] {
			t, ok := r.of(name)
			if !ok {
				fmt.Fprint(w, " - |")
				continue
			}
			fmt.Fprintf(w, " %s (%s to %s), %s, %s |", seconds(median(t.Wall)),
				seconds(slices.Min(t.Wall)), seconds(slices.Max(t.Wall)), seconds(median(t.CPU)), mebibytes(t.PeakKiB))
		}
		fmt.Fprintln(w)
	}
}

// writeOld writes the table of psha1sum and an earlier one, with all rows in which that
// took part.
func (rep *report) writeOld(w io.Writer) {
	rows := slices.DeleteFunc(slices.Clone(rep.Rows), func(r rowResult) bool { _, ok := r.of(oldName); return !ok })
	if len(rows) == 0 {
		return
	}
	fmt.Fprintf(w, "\nAgainst %s; ratios are medians of %s's time divided by %s's in the same round (and the middle half of the rounds):\n\n",
		oldName, ours.name, oldName)
	writeHead(w, []string{"files", ours.name, oldName, "ratio", "processor time", oldName, "ratio", "peak memory", oldName})
	for _, r := range rows {
		self, _ := r.of(ours.name)
		old, _ := r.of(oldName)
		fmt.Fprintf(w, "| %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", r.Title,
			seconds(median(self.Wall)), seconds(median(old.Wall)), spread(pairedRatios(self.Wall, old.Wall)),
			seconds(median(self.CPU)), seconds(median(old.CPU)), spread(pairedRatios(self.CPU, old.CPU)),
			mebibytes(self.PeakKiB), mebibytes(old.PeakKiB))
	}
}

// spread formats the median and the middle half of values.
func spread(values []float64) string {
	low, high := middleHalf(values)
	return fmt.Sprintf("%.2f (%.2f to %.2f)", median(values), low, high)
}

// writeAlgorithms writes the table of the other algorithms.
func writeAlgorithms(w io.Writer, rows []rowResult) {
	if len(rows) == 0 {
		return
	}
	fmt.Fprint(w, "\nOther algorithms, beside the GNU tool for each, or b3sum:\n\n")
	writeHead(w, []string{"files", ours.name, "processor time", "peak memory", "other tool", "processor time", "peak memory", "ratio"})
	for _, r := range rows {
		self, _ := r.of(ours.name)
		gnu := r.gnu()
		fmt.Fprintf(w, "| %s | %s | %s | %s | %s %s | %s | %s | %s |\n", r.Title,
			seconds(median(self.Wall)), seconds(median(self.CPU)), mebibytes(self.PeakKiB),
			gnu.Tool, seconds(median(gnu.Wall)), seconds(median(gnu.CPU)), mebibytes(gnu.PeakKiB), ratio(gnu, self))
	}
}

// writeBars writes which bars were reached, or why there are none.
func (rep *report) writeBars(w io.Writer) {
	if len(rep.Bars) == 0 {
		return
	}
	if why := rep.noBars(); why != "" {
		fmt.Fprintf(w, "\nBars: none of %d was measured: %s.\n", len(rep.Bars), why)
		return
	}
	fmt.Fprintf(w, "\nBars, for %d cores; the ratios are medians of those of each round (and the middle half of them):\n\n", barCores)
	writeHead(w, []string{"files", "bar", "measured", "by processor time", "verdict"})
	count := make(map[verdict]int)
	for _, j := range rep.Bars {
		count[j.Verdict]++
		fmt.Fprintf(w, "| %s | %s | %s | %s | %s |\n", j.Title, j.bar(), j.measured(), j.byProcessor(), j.said())
	}
	fmt.Fprintf(w, "\n%d held, %d missed, %d not measured.\n", count[barHeld], count[barMissed], count[notMeasured])
}

func (j judgement) bar() string {
	word := "at most"
	if j.Figure.isFloor() {
		word = "at least"
	}
	return fmt.Sprintf("%s %.3g %s", word, j.Limit, j.Figure)
}

func (j judgement) measured() string {
	switch {
	case j.Verdict == notMeasured:
		return "-"
	case j.Figure == ourMemory:
		return fmt.Sprintf("%.1f", j.Value)
	default:
		return fmt.Sprintf("%.2f (%.2f to %.2f)", j.Value, j.Low, j.High)
	}
}

// byProcessor returns the ratio of CPU time, which other load affects less.
func (j judgement) byProcessor() string {
	if j.Processor == 0 {
		return "-"
	}
	return fmt.Sprintf("%.2f", j.Processor)
}

// said returns the verdict. A missed bar stands out.
func (j judgement) said() string {
	switch j.Verdict {
	case barMissed:
		return "**missed**"
	case notMeasured:
		return "not measured: " + j.Why
	default:
		return string(j.Verdict)
	}
}

// writeHead writes the first two lines of a table.
func writeHead(w io.Writer, columns []string) {
	fmt.Fprintf(w, "| %s |\n|%s\n", strings.Join(columns, " | "), strings.Repeat("---|", len(columns)))
}

// writeHeldBack writes the table of psha1sum's variants.
func writeHeldBack(w io.Writer, r rowResult) {
	fmt.Fprintf(w, "\n| %s | time | speed | peak memory | against GNU %s |\n|---|---|---|---|---|\n", r.Title, reference.name)
	gnu := r.gnu()
	for _, t := range r.Tools {
		if t.Tool == reference.name {
			continue
		}
		fmt.Fprintf(w, "| %s | %s | %.2f GB/s | %s | %s |\n", t.Tool, seconds(median(t.Wall)),
			float64(r.Bytes)/median(t.Wall)/1e9, mebibytes(t.PeakKiB), ratio(gnu, t))
	}
}

// writeWays writes the table of psha1sum's ways of reading.
func writeWays(w io.Writer, rows []rowResult) {
	if len(rows) == 0 {
		return
	}
	fmt.Fprint(w, "\nWays of reading; in brackets the ratio of GNU's time to theirs:\n\n")
	columns := []string{"files", ours.name}
	for _, t := range readingWays() {
		columns = append(columns, t.name)
	}
	writeHead(w, columns)
	for _, r := range rows {
		fmt.Fprintf(w, "| %s |", r.Title)
		gnu := r.gnu()
		for _, name := range columns[1:] {
			if t, ok := r.of(name); ok {
				fmt.Fprintf(w, " %s (%.2f) |", seconds(median(t.Wall)), median(gnu.Wall)/median(t.Wall))
			} else {
				fmt.Fprint(w, " - |")
			}
		}
		fmt.Fprintln(w)
	}
}

// writeForms writes the table of psha1sum's output formats, compared with its own
// default, because GNU has no others.
func writeForms(w io.Writer, rows []rowResult) {
	if len(rows) == 0 {
		return
	}
	fmt.Fprint(w, "\nOutput formats; ratios are to the time with GNU's lines:\n\n")
	columns := []string{"files", ours.name}
	for _, t := range outputForms() {
		columns = append(columns, t.name, "ratio")
	}
	writeHead(w, columns)
	for _, r := range rows {
		self, _ := r.of(ours.name)
		fmt.Fprintf(w, "| %s | %s |", r.Title, seconds(median(self.Wall)))
		for _, form := range outputForms() {
			t, _ := r.of(form.name)
			fmt.Fprintf(w, " %s | %s |", seconds(median(t.Wall)), ratio(t, self))
		}
		fmt.Fprintln(w)
	}
}

// writeCaches writes the table of psha1sum with a cache. A ratio is the other's time
// divided by its time.
func (rep *report) writeCaches(w io.Writer) {
	rows := rep.of(cacheKinds...)
	if len(rows) == 0 {
		return
	}
	name := withCache().name
	fmt.Fprintf(w, "\nWith a cache; ratios are the other's time divided by the time with it. With `-r`, GNU is `%s`:\n\n", rep.findXargs())
	writeHead(w, []string{"files", name, "peak memory", ours.name, "ratio", "GNU " + reference.name, "ratio"})
	for _, r := range rows {
		self, _ := r.of(ours.name)
		gnu := r.gnu()
		t, _ := r.of(name)
		fmt.Fprintf(w, "| %s | %s | %s | %s | %s | %s | %s |\n", r.Title, seconds(median(t.Wall)), mebibytes(t.PeakKiB),
			seconds(median(self.Wall)), ratio(self, t), seconds(median(gnu.Wall)), ratio(gnu, t))
	}
}

// writeStartUp writes the start-up times. Here the ratio is ours divided by GNU's,
// because GNU is faster.
func writeStartUp(w io.Writer, r rowResult) {
	self, _ := r.of(ours.name)
	gnu := r.gnu()
	fmt.Fprintf(w, "\nStart-up: %.2f ms against %.2f ms of GNU %s, %.2f times (%s, from fork to wait, medians of %s runs), processor time %.2f ms against %.2f ms.\n",
		median(self.Wall)*1e3, median(gnu.Wall)*1e3, reference.name, median(self.Wall)/median(gnu.Wall), r.Title, thousands(len(self.Wall)),
		median(self.CPU)*1e3, median(gnu.CPU)*1e3)
}

// The share of a file that may come from disk in warm rows, or from the page cache in
// cold rows, before the report notes it. Evicted pages of the program itself, or pages
// that can't be dropped, don't matter.
const (
	missShare = 0.001
	hitShare  = 2 * residentShare
)

// writeNotes writes what makes figures less reliable.
func (rep *report) writeNotes(w io.Writer) {
	notes := slices.Clone(rep.Skipped)
	for _, r := range rep.Rows {
		for _, why := range r.LeftOut {
			notes = append(notes, fmt.Sprintf("%s: left out %s", r.Title, why))
		}
		if r.InodesWarm != "" {
			notes = append(notes, fmt.Sprintf("%s: dentries and inodes were warm: %s", r.Title, r.InodesWarm))
		}
		if note := busyNote(r); note != "" && !rep.Quick {
			notes = append(notes, r.Title+": "+note)
		}
		for _, t := range r.Tools {
			if note := cacheNote(r, t); note != "" {
				notes = append(notes, r.Title+": "+note)
			}
		}
	}
	if len(notes) > 0 {
		fmt.Fprintf(w, "\n- %s\n", strings.Join(notes, "\n- "))
	}
}

// busyShare is the minimum share of its time for which a single-threaded program that
// doesn't wait has a CPU on an idle machine.
const busyShare = 0.8

// busyNote reports that other processes kept the machine busy, or returns "". The
// reference, which has one thread, may also have waited for I/O.
func busyNote(r rowResult) string {
	switch r.Kind {
	case warm, heldBack, ways, forms, algorithms:
	default:
		return ""
	}
	gnu := r.gnu()
	share := pairedRatio(gnu.CPU, gnu.Wall)
	if share >= busyShare {
		return ""
	}
	return fmt.Sprintf("the machine was busy: %s had a processor for %.0f %% of its time", gnu.Tool, 100*share)
}

// cacheNote reports that the page cache was not in the state that the row requires, or
// returns "". Among hundreds of start-up runs a single one doesn't count, and with a
// full cache no file is read.
func cacheNote(r rowResult, t toolResult) string {
	read, files := t.BlocksRead*blockSize, float64(r.Bytes)*float64(r.Rounds)
	switch {
	case r.Kind == startUp:
		return ""
	case r.Kind.isHits() && t.Tool == withCache().name:
		return ""
	case r.Kind.isCold() && float64(read) < files*(1-hitShare):
		return fmt.Sprintf("the page cache was not cold for %s, which read no more than %d KiB from a disk", t.Tool, read>>10)
	case !r.Kind.isCold() && float64(read) > files*missShare:
		return fmt.Sprintf("the page cache was not warm for %s, which read %d KiB from a disk", t.Tool, read>>10)
	default:
		return ""
	}
}

func ratio(slow, fast toolResult) string {
	return fmt.Sprintf("%.2f (%.2f)", median(slow.Wall)/median(fast.Wall), pairedRatio(slow.Wall, fast.Wall))
}

// seconds formats a time with three significant digits.
func seconds(s float64) string {
	switch {
	case s < 0.1:
		return fmt.Sprintf("%.1f ms", s*1e3)
	case s < 1:
		return fmt.Sprintf("%.0f ms", s*1e3)
	default:
		return fmt.Sprintf("%.2f s", s)
	}
}

func mebibytes(kib int64) string {
	if kib == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f MiB", float64(kib)/1024)
}

func orElse(text, other string) string {
	if text == "" {
		return other
	}
	return text
}
