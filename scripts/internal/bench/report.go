package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"
)

// report is everything that a run of the bench found; its JSON form is what
// -json writes.
type report struct {
	Machine machine       `json:"machine"`
	Started time.Time     `json:"started"`
	Rounds  int           `json:"rounds"`
	Quick   bool          `json:"quick"`
	Go      string        `json:"go"` // that built psha1sum
	Tools   []toolRelease `json:"tools"`
	Absent  []string      `json:"absent,omitempty"` // tools that are not installed
	Rows    []rowResult   `json:"rows"`
}

// toolRelease is a tool that took part.
type toolRelease struct {
	Name    string `json:"name"`
	Release string `json:"release"`
	Note    string `json:"note,omitempty"`
}

// rowResult is a row with the figures of all tools that took part, psha1sum
// and GNU sha1sum always among them.
type rowResult struct {
	Name    string       `json:"name"`
	Title   string       `json:"title"`
	Bytes   int64        `json:"bytes"`
	Tools   []toolResult `json:"tools"`
	LeftOut []string     `json:"left_out,omitempty"` // tools that failed, and why

	HeldBack bool `json:"held_back,omitempty"` // psha1sum's variants took part, not its peers
}

// toolResult is what one tool took for one row, round by round.
type toolResult struct {
	Tool       string    `json:"tool"`
	Foreign    bool      `json:"foreign,omitempty"` // computes another digest
	Wall       []float64 `json:"wall_seconds"`
	CPU        []float64 `json:"cpu_seconds"`
	BlocksRead int64     `json:"blocks_read"` // from a disk, all rounds together
	PeakKiB    int64     `json:"peak_kib"`    // 0 if not measured
}

func (t *toolResult) add(c cost) {
	t.Wall = append(t.Wall, c.wall.Seconds())
	t.CPU = append(t.CPU, c.cpu.Seconds())
	t.BlocksRead += c.blocksRead
}

// bestPeer returns the fastest of the tools that compute SHA-1 and are neither
// psha1sum nor GNU sha1sum.
func (r rowResult) bestPeer() (best toolResult, ok bool) {
	for _, t := range r.Tools {
		if t.Foreign || t.Tool == ours.name || t.Tool == reference.name {
			continue
		}
		if !ok || median(t.Wall) < median(best.Wall) {
			best, ok = t, true
		}
	}
	return best, ok
}

// of returns the result of the tool with the given name.
func (r rowResult) of(tool string) (t toolResult, ok bool) {
	i := slices.IndexFunc(r.Tools, func(t toolResult) bool { return t.Tool == tool })
	if i < 0 {
		return toolResult{}, false
	}
	return r.Tools[i], true
}

func (rep *report) addTools(b *bench) {
	for _, t := range b.tools {
		rep.Tools = append(rep.Tools, toolRelease{t.name, t.release, t.note})
		if t.name == ours.name {
			rep.Go = goVersion(t.program)
		}
	}
	rep.Absent = b.absent
}

func (rep *report) writeJSON(path string) error {
	text, err := json.MarshalIndent(rep, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o666)
}

func (rep *report) writeMarkdown(w io.Writer) error {
	// A bufio.Writer keeps its first error for Flush.
	out := bufio.NewWriter(w)
	rep.writeHeader(out)
	rep.writeSummary(out)
	rep.writeHeldBack(out)
	rep.writeDetails(out)
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
	fmt.Fprintf(w, "- medians of %d rounds in which all tools took turns, page cache warm, output to a file\n", rep.Rounds)
	if rep.Quick {
		fmt.Fprintf(w, "- **a trial with files of 1/%d of the size: not a measurement**\n", quickFactor)
	}
}

// writeSummary writes the table of ratios. A ratio is the other's median by
// psha1sum's; in brackets, the median of the ratios of each round.
func (rep *report) writeSummary(w io.Writer) {
	fmt.Fprint(w, "\n| files | psha1sum | speed | peak memory | GNU sha1sum | ratio | best peer | ratio |\n",
		"|---|---|---|---|---|---|---|---|\n")
	for _, r := range rep.Rows {
		if r.HeldBack {
			continue
		}
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

// writeHeldBack writes a table of psha1sum's variants.
func (rep *report) writeHeldBack(w io.Writer) {
	for _, r := range rep.Rows {
		if !r.HeldBack {
			continue
		}
		fmt.Fprintf(w, "\n| %s | time | speed | against GNU sha1sum |\n|---|---|---|---|\n", r.Title)
		gnu, _ := r.of(reference.name)
		for _, t := range r.Tools {
			if t.Tool == reference.name {
				continue
			}
			fmt.Fprintf(w, "| %s | %s | %.2f GB/s | %s |\n", t.Tool, seconds(median(t.Wall)),
				float64(r.Bytes)/median(t.Wall)/1e9, ratio(gnu, t))
		}
	}
}

// writeDetails writes the table of all tools.
func (rep *report) writeDetails(w io.Writer) {
	fmt.Fprint(w, "\nMedian (fastest to slowest), peak memory of the largest process:\n\n| files |")
	for _, t := range rep.Tools {
		fmt.Fprintf(w, " %s |", t.Name)
	}
	fmt.Fprintf(w, "\n|%s\n", strings.Repeat("---|", len(rep.Tools)+1))
	for _, r := range rep.Rows {
		if r.HeldBack {
			continue
		}
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

// coldShare is the part of its files that a tool may read from a disk before
// the report says so: a page of its own program that was evicted is nothing.
const coldShare = 0.001

// writeNotes writes what makes figures worth less than they look.
func (rep *report) writeNotes(w io.Writer) {
	var notes []string
	for _, r := range rep.Rows {
		for _, why := range r.LeftOut {
			notes = append(notes, fmt.Sprintf("%s: left out %s", r.Title, why))
		}
		for _, t := range r.Tools {
			if read := t.BlocksRead * blockSize; read > int64(float64(r.Bytes)*float64(rep.Rounds)*coldShare) {
				notes = append(notes, fmt.Sprintf("%s: the page cache was not warm for %s, which read %d KiB from a disk",
					r.Title, t.Tool, read>>10))
			}
		}
	}
	if len(notes) > 0 {
		fmt.Fprintf(w, "\n- %s\n", strings.Join(notes, "\n- "))
	}
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
