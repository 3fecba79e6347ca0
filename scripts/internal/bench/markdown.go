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
	// A bufio.Writer keeps its first error for Flush.
	out := bufio.NewWriter(w)
	rep.writeHeader(out)
	if rows := rep.of(warm); len(rows) > 0 {
		writeSummary(out, rows)
	}
	for _, r := range rep.of(heldBack) {
		writeHeldBack(out, r)
	}
	for _, r := range rep.of(startUp) {
		writeStartUp(out, r)
	}
	if rows := rep.of(warm); len(rows) > 0 {
		rep.writeDetails(out, rows)
	}
	rep.writeNotes(out)
	return out.Flush()
}

func (rep *report) writeHeader(w io.Writer) {
	m := rep.Machine
	fmt.Fprintf(w, "- %s, %s: %s, %d cores (%s), load %s at the start\n",
		rep.Started.Format(time.DateOnly), m.System, m.CPU, m.Cores, orElse(m.Features, "no hash features"), orElse(m.Load, "unknown"))
	for _, t := range rep.Tools {
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
		fmt.Fprintf(w, "- **a trial with files of 1/%d of the size: not a measurement**\n", quickFactor)
	}
}

// writeSummary writes the table of ratios. A ratio is the other's median by
// psha1sum's; in brackets, the median of the ratios of each round.
func writeSummary(w io.Writer, rows []rowResult) {
	fmt.Fprintf(w, "\nPage cache warm, medians of %d rounds:\n\n", rows[0].Rounds)
	fmt.Fprint(w, "| files | psha1sum | speed | peak memory | GNU sha1sum | ratio | best peer | ratio |\n",
		"|---|---|---|---|---|---|---|---|\n")
	for _, r := range rows {
		self, _ := r.of(ours.name)
		gnu, _ := r.of(reference.name)
		fmt.Fprintf(w, "| %s | %s | %.2f GB/s | %s | %s | %s |",
			r.Title, seconds(median(self.Wall)), float64(r.Bytes)/median(self.Wall)/1e9, mebibytes(self.PeakKiB),
			seconds(median(gnu.Wall)), ratio(gnu, self))
		if best, ok := r.bestPeer(); ok {
			fmt.Fprintf(w, " %s %s | %s |\n", best.Tool, seconds(median(best.Wall)), ratio(best, self))
		} else {
			fmt.Fprint(w, " - | - |\n")
		}
	}
}

// writeDetails writes the table of all tools.
func (rep *report) writeDetails(w io.Writer, rows []rowResult) {
	fmt.Fprint(w, "\nMedian (fastest to slowest), peak memory of the largest process:\n\n| files |")
	for _, t := range rep.Tools {
		fmt.Fprintf(w, " %s |", t.Name)
	}
	fmt.Fprintf(w, "\n|%s\n", strings.Repeat("---|", len(rep.Tools)+1))
	for _, r := range rows {
		fmt.Fprintf(w, "| %s |", r.Title)
		for _, t := range rep.Tools {
			res, ok := r.of(t.Name)
			if !ok {
				fmt.Fprint(w, " - |")
				continue
			}
			fmt.Fprintf(w, " %s (%s to %s), %s |", seconds(median(res.Wall)),
				seconds(slices.Min(res.Wall)), seconds(slices.Max(res.Wall)), mebibytes(res.PeakKiB))
		}
		fmt.Fprintln(w)
	}
}

// writeHeldBack writes the table of psha1sum's variants.
func writeHeldBack(w io.Writer, r rowResult) {
	fmt.Fprintf(w, "\n| %s | time | speed | peak memory | against GNU sha1sum |\n|---|---|---|---|---|\n", r.Title)
	gnu, _ := r.of(reference.name)
	for _, t := range r.Tools {
		if t.Tool == reference.name {
			continue
		}
		fmt.Fprintf(w, "| %s | %s | %.2f GB/s | %s | %s |\n", t.Tool, seconds(median(t.Wall)),
			float64(r.Bytes)/median(t.Wall)/1e9, mebibytes(t.PeakKiB), ratio(gnu, t))
	}
}

// writeStartUp writes what it takes to do nothing. Other than in the tables the
// ratio is ours by GNU's, for here it is GNU that is faster.
func writeStartUp(w io.Writer, r rowResult) {
	self, _ := r.of(ours.name)
	gnu, _ := r.of(reference.name)
	fmt.Fprintf(w, "\nStart-up: %.2f ms against %.2f ms of GNU sha1sum, %.2f times (%s, from fork to wait, medians of %s runs).\n",
		median(self.Wall)*1e3, median(gnu.Wall)*1e3, median(self.Wall)/median(gnu.Wall), r.Title, thousands(len(self.Wall)))
}

// coldShare is the part of its files that a tool may read from a disk before
// the report says so: a page of its own program that was evicted is nothing.
const coldShare = 0.001

// writeNotes writes what makes figures worth less than they look.
func (rep *report) writeNotes(w io.Writer) {
	notes := slices.Clone(rep.Skipped)
	for _, r := range rep.Rows {
		for _, why := range r.LeftOut {
			notes = append(notes, fmt.Sprintf("%s: left out %s", r.Title, why))
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

// cacheNote tells whether the tool didn't find the page cache as the row wants
// it, "" if it did. In hundreds of runs for start-up, one that did not is lost.
func cacheNote(r rowResult, t toolResult) string {
	read, files := t.BlocksRead*blockSize, float64(r.Bytes)*float64(r.Rounds)
	if r.Kind != startUp && float64(read) > files*coldShare {
		return fmt.Sprintf("the page cache was not warm for %s, which read %d KiB from a disk", t.Tool, read>>10)
	}
	return ""
}

func ratio(slow, fast toolResult) string {
	return fmt.Sprintf("%.2f (%.2f)", median(slow.Wall)/median(fast.Wall), pairedRatio(slow.Wall, fast.Wall))
}

// seconds formats a time with three digits that count.
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
