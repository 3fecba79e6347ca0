package main

import (
	"encoding/json"
	"os"
	"slices"
	"time"
)

// report is all results of a run; -json writes it as JSON.
type report struct {
	Machine   machine       `json:"machine"`
	Started   time.Time     `json:"started"`
	Quick     bool          `json:"quick"`
	Algorithm string        `json:"algorithm"`
	Go        string        `json:"go"` // release that built psha1sum
	Tools     []toolRelease `json:"tools"`
	Readers   []toolRelease `json:"readers,omitempty"`
	Absent    []string      `json:"absent,omitempty"` // tools that are not installed
	Rows      []rowResult   `json:"rows"`
	Skipped   []string      `json:"skipped,omitempty"` // rows, with reasons
	Bars      []judgement   `json:"bars,omitempty"`    // of the requested rows
}

// toolRelease is the version of a tool that took part.
type toolRelease struct {
	Name    string `json:"name"`
	Release string `json:"release"`
	Note    string `json:"note,omitempty"`
}

// rowResult is a row with the results of all tools that took part: the reference,
// psha1sum, and the others.
type rowResult struct {
	Name    string       `json:"name"`
	Title   string       `json:"title"`
	Kind    kind         `json:"kind"`
	Bytes   int64        `json:"bytes"`
	Rounds  int          `json:"rounds"`
	Tools   []toolResult `json:"tools"`
	LeftOut []string     `json:"left_out,omitempty"` // tools that failed, with reasons

	InodesWarm string `json:"inodes_warm,omitempty"` // why a cold row could drop only pages
}

// toolResult is the measurements of a tool in a row, by round.
type toolResult struct {
	Tool       string    `json:"tool"`
	Foreign    bool      `json:"foreign,omitempty"` // computes another digest
	Reader     bool      `json:"reader,omitempty"`  // computes none
	Wall       []float64 `json:"wall_seconds"`
	CPU        []float64 `json:"cpu_seconds"`
	BlocksRead int64     `json:"blocks_read"` // from disk, in all rounds
	PeakKiB    int64     `json:"peak_kib"`    // 0 if unknown
}

func (t *toolResult) add(c cost) {
	t.Wall = append(t.Wall, c.wall.Seconds())
	t.CPU = append(t.CPU, c.cpu.Seconds())
	t.BlocksRead += c.blocksRead
}

// gnu returns the reference.
func (r rowResult) gnu() toolResult { return r.Tools[0] }

// bestPeer returns the fastest tool that computes SHA-1, other than psha1sum, an
// earlier psha1sum and GNU sha1sum.
func (r rowResult) bestPeer() (best toolResult, ok bool) {
	return r.fastest(func(t toolResult) bool {
		return !t.Foreign && !t.Reader && t.Tool != ours.name && t.Tool != oldName && t.Tool != reference.name
	})
}

// bestReader returns the fastest of the readers.
func (r rowResult) bestReader() (best toolResult, ok bool) {
	return r.fastest(func(t toolResult) bool { return t.Reader })
}

// fastest returns the wanted tool with the lowest median.
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

// of returns the rows of the given kinds, kind by kind.
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
