package main

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// A row is one line of the report: a dataset and what is done with it.
type row struct {
	name  string
	data  dataset
	check bool // verify a manifest instead of hashing
	lines int  // lines of the manifest, which repeats the files; 0 for one per file
	kind  kind
	alg   string // if not the run's; otherwise ""

	fed   bool // more files than fit on a command line: use xargs
	large bool // creating the files takes minutes, so the row runs only on request
}

// A kind of row defines which tools take part besides psha1sum and GNU sha1sum, the
// state of the files, and how the result is reported.
type kind string

const (
	warm     kind = "warm"      // peers, files in the page cache
	heldBack kind = "held back" // psha1sum's variants, files in the page cache
	cold     kind = "cold"      // peers and readers, page cache dropped before each run
	ways     kind = "ways"      // psha1sum's ways of reading, files in the page cache
	coldWays kind = "cold ways" // the same, page cache dropped before each run
	forms    kind = "forms"     // psha1sum's output formats, files in the page cache
	walk     kind = "walk"      // peers that walk directories, files in the page cache
	coldWalk kind = "cold walk" // the same, page cache dropped before each run
	startUp  kind = "start-up"  // no others, almost nothing to hash, many runs

	algorithms kind = "algorithms" // no others, another algorithm than the run's, files in the page cache

	hits         kind = "cache hits"           // psha1sum with a full cache, files in the page cache
	hitsWalk     kind = "cache hits walk"      // the same for a directory
	coldHitsWalk kind = "cold cache hits walk" // the same, files and cache dropped from the page cache before each run
	fill         kind = "cache fill"           // psha1sum with no cache file before each run, files in the page cache
	fillWalk     kind = "cache fill walk"      // the same for a directory
)

// cacheKinds are the kinds of rows with --cache.
var cacheKinds = []kind{hits, hitsWalk, coldHitsWalk, fill, fillWalk}

// isCold reports whether the page cache is dropped before each run.
func (k kind) isCold() bool {
	return k == cold || k == coldWays || k == coldWalk || k == coldHitsWalk
}

// isWalk reports whether tools get the directory instead of its files.
func (k kind) isWalk() bool {
	return k == walk || k == coldWalk || k == hitsWalk || k == coldHitsWalk || k == fillWalk
}

// isHits reports whether psha1sum has a full cache.
func (k kind) isHits() bool { return k == hits || k == hitsWalk || k == coldHitsWalk }

// isFill reports whether psha1sum has to fill a cache.
func (k kind) isFill() bool { return k == fill || k == fillWalk }

// isCached reports whether psha1sum uses a cache.
func (k kind) isCached() bool { return k.isHits() || k.isFill() }

// benchRows returns all rows in the order of the report.
func benchRows(quick bool) []row {
	lines := row{name: "million-lines", data: few, check: true, lines: 1_000_000, kind: warm}
	some := row{name: lots.name, data: lots, kind: warm, fed: true}
	files := row{name: "million-files", data: many, kind: warm, fed: true, large: true}
	if quick {
		lines.lines /= 4 * quickFactor // few bytes, but each line opens a file
		some.data, files.data = some.data.quick(), files.data.quick()
	}
	someChecked := row{name: some.name + "-check", data: some.data, check: true, kind: warm, fed: true}
	checked := row{name: files.name + "-check", data: files.data, check: true, kind: warm, fed: true, large: true}
	var hash, check, chilled, reading, printing, walks, others []row
	for _, d := range datasets {
		if quick {
			d = d.quick()
		}
		hash = append(hash, row{name: d.name, data: d, kind: warm})
		check = append(check, row{name: d.name + "-check", data: d, check: true, kind: warm})
		if slices.Contains(waysDatasets, d.name) {
			reading = append(reading, row{name: d.name + "-ways", data: d, kind: ways})
		}
		if slices.Contains(formsDatasets, d.name) {
			printing = append(printing, row{name: d.name + "-check-json", data: d, check: true, kind: forms})
		}
		if slices.Contains(coldDatasets, d.name) {
			chilled = append(chilled, row{name: d.name + "-cold", data: d, kind: cold})
			reading = append(reading, row{name: d.name + "-cold-ways", data: d, kind: coldWays})
		}
		if slices.Contains(walkDatasets, d.name) {
			walks = append(walks, row{name: d.name + "-r", data: d, kind: walk})
		}
		if slices.Contains(coldWalkDatasets, d.name) {
			walks = append(walks, row{name: d.name + "-cold-r", data: d, kind: coldWalk})
		}
		if slices.Contains(algorithmDatasets, d.name) {
			for _, alg := range otherAlgorithms {
				others = append(others, row{name: d.name + "-" + alg, data: d, kind: algorithms, alg: alg})
			}
		}
	}
	walks = append(walks, row{name: some.name + "-r", data: some.data, kind: walk, fed: true})
	held := row{name: hash[0].name + "-held-back", data: hash[0].data, kind: heldBack}
	printed := lines // much to print
	printed.name, printed.kind = lines.name+"-json", forms
	start := row{name: "start-up", data: empty, kind: startUp}
	return slices.Concat(hash, check, []row{lines, some, someChecked, files, checked}, chilled, walks, others,
		[]row{held}, reading, printing, []row{printed}, cacheRows(quick), []row{start})
}

// cacheRows returns the rows with --cache: files for which reading is all the work, and
// a tree in which walking is much of it.
func cacheRows(quick bool) []row {
	var known, first []row
	for _, d := range datasets {
		if quick {
			d = d.quick()
		}
		if slices.Contains(cachedDatasets, d.name) {
			known = append(known, row{name: d.name + "-cache", data: d, kind: hits})
			first = append(first, row{name: d.name + "-cache-first", data: d, kind: fill})
		}
		if slices.Contains(cachedWalkDatasets, d.name) {
			known = append(known,
				row{name: d.name + "-cache", data: d, kind: hitsWalk},
				row{name: d.name + "-cold-cache", data: d, kind: coldHitsWalk})
			first = append(first, row{name: d.name + "-cache-first", data: d, kind: fillWalk})
		}
	}
	return slices.Concat(known, first)
}

// suited returns the rows for a run with -a NAME: rows with another algorithm of their
// own are for SHA-1 runs only.
func suited(rows []row, alg string) []row {
	return slices.DeleteFunc(rows, func(r row) bool { return r.alg != "" && alg != "sha1" })
}

// title returns the row's name in the report.
func (r row) title() string {
	title := r.data.title
	switch {
	case r.lines > 0:
		title = thousands(r.lines) + " lines"
	case r.kind == heldBack:
		title += ", psha1sum held back"
	case r.kind.isHits():
		title += ", known"
	case r.kind.isFill():
		title += ", first run"
	}
	if r.kind.isCold() {
		title += ", cold"
	}
	switch {
	case r.check:
		return "`--check` of " + title
	case r.kind.isWalk():
		return "`-r` of " + title
	case r.fed:
		return "`xargs` of " + title
	case r.alg != "":
		return "`-a " + r.alg + "` of " + title
	default:
		return title
	}
}

// bytes returns how many bytes a tool has to hash.
func (r row) bytes() int64 {
	if r.lines == 0 {
		return r.data.bytes()
	}
	var sum int64
	for i := range r.lines {
		sum += r.data.size(i % r.data.files)
	}
	return sum
}

// rounds returns the number of rounds: asked, or the default if that is 0.
func (r row) rounds(asked int, quick bool) int {
	switch {
	case asked > 0:
		return asked
	case quick:
		return 1
	case r.kind.isCold(): // disks are slow
		return 3
	default:
		return 5
	}
}

// turns returns how many turns each tool has per round, and how many runs per turn. The
// time of a process that does almost nothing is mostly noise, so there must be many,
// close to those of the other tools.
func (r row) turns(quick bool) (turns, runs int) {
	switch {
	case r.kind != startUp:
		return 1, 1
	case quick:
		return 2, 10
	default:
		return 20, 10
	}
}

// onDemand removes large rows, unless all are wanted or patterns contains their exact
// names.
func onDemand(rows []row, patterns string, large bool) (asked []row, left []string) {
	names := strings.Split(patterns, ",")
	for _, r := range rows {
		if r.large && !large && !slices.Contains(names, r.name) {
			left = append(left, r.name)
			continue
		}
		asked = append(asked, r)
	}
	return asked, left
}

// choose returns the items whose name matches one of the comma-separated patterns of
// path.Match, in the items' order. A pattern without a match is an error.
func choose[T any](kind, patterns string, items []T, name func(T) string) ([]T, error) {
	matched := make([]bool, len(items))
	for pattern := range strings.SplitSeq(patterns, ",") {
		found := false
		for i, item := range items {
			ok, err := path.Match(pattern, name(item))
			if err != nil {
				return nil, fmt.Errorf("%s pattern %q: %w", kind, pattern, err)
			}
			if ok {
				matched[i], found = true, true
			}
		}
		if !found {
			return nil, fmt.Errorf("unknown %s %q; -list shows the names", kind, pattern)
		}
	}
	var chosen []T
	for i, item := range items {
		if matched[i] {
			chosen = append(chosen, item)
		}
	}
	return chosen, nil
}

// thousands formats n with commas: 1,000,000.
func thousands(n int) string {
	digits := fmt.Sprint(n)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
