package main

import (
	"encoding/json"
	"os"
	"slices"
	"time"
)

// report is everything that a run of the bench found; its JSON form is what
// -json writes.
type report struct {
	Machine   machine       `json:"machine"`
	Started   time.Time     `json:"started"`
	Quick     bool          `json:"quick"`
	Algorithm string        `json:"algorithm"`
	Go        string        `json:"go"` // that built psha1sum
	Tools     []toolRelease `json:"tools"`
	Readers   []toolRelease `json:"readers,omitempty"`
	Absent    []string      `json:"absent,omitempty"` // tools that are not installed
	Rows      []rowResult   `json:"rows"`
	Skipped   []string      `json:"skipped,omitempty"` // rows, and why
	Bars      []judgement   `json:"bars,omitempty"`    // of the rows that were asked for
}

// toolRelease is a tool that took part.
type toolRelease struct {
	Name    string `json:"name"`
	Release string `json:"release"`
	Note    string `json:"note,omitempty"`
}

// rowResult is a row with the figures of all tools that took part: GNU sha1sum, or
// what takes its place for another algorithm, psha1sum, and those that there were.
type rowResult struct {
	Name    string       `json:"name"`
	Title   string       `json:"title"`
	Kind    kind         `json:"kind"`
	Bytes   int64        `json:"bytes"`
	Rounds  int          `json:"rounds"`
	Tools   []toolResult `json:"tools"`
	LeftOut []string     `json:"left_out,omitempty"` // tools that failed, and why

	InodesWarm string `json:"inodes_warm,omitempty"` // why a cold row could drop no more than pages
}

// toolResult is what one tool took for one row, round by round.
type toolResult struct {
	Tool       string    `json:"tool"`
	Foreign    bool      `json:"foreign,omitempty"` // computes another digest
	Reader     bool      `json:"reader,omitempty"`  // computes none
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

// gnu returns the reference.
func (r rowResult) gnu() toolResult { return r.Tools[0] }

// bestPeer returns the fastest of the tools that compute SHA-1 and are neither
// psha1sum, present or old, nor GNU sha1sum.
func (r rowResult) bestPeer() (best toolResult, ok bool) {
	return r.fastest(func(t toolResult) bool {
		return !t.Foreign && !t.Reader && t.Tool != ours.name && t.Tool != oldName && t.Tool != reference.name
	})
}

// bestReader returns the fastest of those that only read.
func (r rowResult) bestReader() (best toolResult, ok bool) {
	return r.fastest(func(t toolResult) bool { return t.Reader })
}

// fastest returns the tool with the least median among those that are wanted.
func (r rowResult) fastest(wanted func(toolResult) bool) (best toolResult, ok bool) {
	for _, t := range r.Tools {
		if !wanted(t) {
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
	for _, t := range b.readers {
		rep.Readers = append(rep.Readers, toolRelease{t.name, t.release, t.note})
	}
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

// of returns the rows of the first of the kinds, then those of the second and so on.
func (rep *report) of(kinds ...kind) []rowResult {
	var rows []rowResult
	for _, k := range kinds {
		for _, r := range rep.Rows {
			if r.Kind == k {
				rows = append(rows, r)
			}
		}
	}
	return rows
}
