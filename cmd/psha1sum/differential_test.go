//go:build unix

package main_test

import (
	"bytes"
	"flag"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/psha1sum/psha1sum/internal/large"
)

var (
	diffCases = flag.Int("diff.cases", 0, "how many random cases are compared with GNU sha1sum (default 800, with -large 5000, with -race 500)")
	diffSeed  = flag.Uint64("diff.seed", 1, "where the random numbers of the cases start; 0 takes the time")
	diffCase  = flag.Int("diff.case", -1, "compare only the case with this number")
	diffKeep  = flag.Bool("diff.keep", false, "leave the trees of failed cases behind")
)

// casesPerTree is how many cases share a tree, whose making costs as much as
// some of them.
const casesPerTree = 50

// TestDifferential compares random cases with GNU sha1sum: trees, names,
// options, manifests and their damage, locales, standard streams.
func TestDifferential(t *testing.T) {
	needGNU(t)
	if gnu.release.major == 9 && gnu.release.minor == 2 {
		notMeant(t, "coreutils 9.2 says OK where it isn't")
	}
	seed := *diffSeed
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
		t.Logf("-diff.seed=%d", seed)
	}
	first, last := 0, *diffCases
	switch {
	case *diffCase >= 0:
		first, last = *diffCase, *diffCase+1
	case last == 0 && (raceEnabled || testing.Short()):
		last = 500
	case last == 0:
		last = large.Or(800, 5000)
	}
	for first < last {
		number := first / casesPerTree
		from, to := first, min(last, (number+1)*casesPerTree)
		t.Run("tree"+strconv.Itoa(number), func(t *testing.T) {
			t.Parallel()
			compareCases(t, seed, uint64(number), from, to)
		})
		first = to
	}
}

// compareCases compares the cases of one tree, from one up to another.
func compareCases(t *testing.T, seed, number uint64, from, to int) {
	const failures = 3 // of one tree: more would hardly tell more
	tree := newGenerator(seed, ^number).tree(t, treeDir(t))
	for n, failed := from, 0; n < to && failed < failures; n++ {
		tr := newGenerator(seed, uint64(n)).trial(t, tree)
		difference := tr.differs(t)
		if difference == "" {
			continue
		}
		failed++
		small := shrink(t, tr)
		if again := small.differs(t); again != "" {
			tr, difference = small, again
		} else {
			difference += "but only once"
		}
		t.Errorf("case %d, cut down: %s\n%s\nagain: go test ./cmd/psha1sum -run TestDifferential -diff.seed=%d -diff.case=%d",
			n, tr, difference, seed, n)
	}
}

// treeDir returns the directory for a tree.
func treeDir(t *testing.T) string {
	if !*diffKeep {
		return publicDir(t)
	}
	dir, err := os.MkdirTemp("", "psha1sum-tree-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the tree is left in %s", dir)
		} else {
			os.RemoveAll(dir)
		}
	})
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// trial makes a random case over a tree. Whoever runs it draws the same random
// numbers for it, root or not.
func (g generator) trial(t *testing.T, tree *tree) *trial {
	tr := &trial{dir: tree.dir, env: g.locale()}
	if g.chance(10) {
		tr.env = append(slices.Clone(tr.env), "POSIXLY_CORRECT="+pick(g, "", "1"))
	}
	if g.chance(30) && os.Geteuid() == 0 && nobodyRuns() {
		tr.as = nobody
	}
	if jobs := pick(g, []string{"-j1"}, []string{"-j", "2"}, []string{"--jobs=3"}, []string{"--jobs", "17"}); g.chance(40) && !ours.standIn {
		tr.own = jobs
	}
	check := g.chance(45)
	g.streams(tr, check)
	var operands []string
	if check {
		operands = g.manifests(t, tr, tree)
	} else {
		operands = g.operands(tr, tree)
	}
	tr.args = notOurs(g.mix(g.options(check), operands))
	if !gnu.release.before(9, 10) {
		tr.args = withoutText(tr.args)
	}
	return tr
}

// streams chooses the standard streams.
func (g generator) streams(tr *trial, check bool) {
	tr.stdin = weighted(g, []choice[input]{
		{50, inputNull}, {3, inputNullBoth}, {10, inputFile}, {10, inputOffset}, {20, inputPipe}, {3, inputSocket},
		{2, inputDirectory}, {2, inputWrite}, {3, inputClosed},
	})
	tr.stdout = weighted(g, []choice[output]{
		{150, outputPipe}, {10, outputFile}, {1, outputNullBoth}, {2, outputFull}, {2, outputRead}, {3, outputBroken}, {3, outputClosed},
	})
	tr.stderr = weighted(g, []choice[output]{
		{120, outputPipe}, {20, outputShared}, {4, outputFile}, {2, outputNullBoth}, {3, outputFull}, {2, outputRead}, {3, outputClosed},
	})
	if !exists("/dev/full") || !gnu.release.before(9, 10) {
		// From 9.10 on GNU stops at the first write error.
		for _, stream := range []*output{&tr.stdout, &tr.stderr} {
			switch *stream {
			case outputFull, outputRead, outputClosed:
				*stream = outputPipe
			}
		}
	}
	if tr.stdout == outputBroken && g.chance(50) && seesInherited() && gnu.release.before(9, 10) {
		tr.shell = `trap "" PIPE`
	}
	if !seesInherited() {
		if tr.stdin == inputClosed {
			tr.stdin = inputNull
		}
		for _, stream := range []*output{&tr.stdout, &tr.stderr} {
			if *stream == outputClosed {
				*stream = outputPipe
			}
		}
	}
	if tr.stdin == inputClosed && check {
		// GNU's manifest becomes descriptor 0 then, and its lines about stdin
		// read on in the manifest. Nobody means that.
		tr.stdin = inputDirectory
	}
	tr.data = g.bytes(g.fileSize())
}

// operands chooses files to hash.
func (g generator) operands(tr *trial, tree *tree) []string {
	count := g.IntN(7)
	if g.chance(4) {
		count = 20 + g.IntN(100)
	}
	return g.names(tr, tree, count)
}

// names chooses files of a tree, and beyond it. FIFOs are taken once each.
func (g generator) names(tr *trial, tree *tree, count int) []string {
	fifos := slices.Clone(tree.fifos)
	fifos = slices.DeleteFunc(fifos, func(name string) bool {
		return slices.ContainsFunc(tr.fifos, func(f fifo) bool { return f.path == tree.path(name) })
	})
	sources := []choice[func() string]{{5, func() string { return pick(g, tree.strangers()...) }}}
	add := func(weight int, names ...string) {
		if len(names) > 0 {
			sources = append(sources, choice[func() string]{weight, func() string { return pick(g, names...) }})
		}
	}
	add(70, tree.readable...)
	add(8, tree.others...)
	add(6, "-")
	add(2, stdinNames...)
	var names []string
	for range count {
		if len(fifos) > 0 && g.chance(6) {
			i := g.IntN(len(fifos))
			tr.fifos = append(tr.fifos, fifo{tree.path(fifos[i]), g.bytes(g.fileSize())})
			names = append(names, fifos[i])
			fifos = slices.Delete(fifos, i, i+1)
			continue
		}
		names = append(names, weighted(g, sources)())
	}
	return names
}

// manifests makes manifests for a case and returns the operands that name
// them, or something else.
func (g generator) manifests(t *testing.T, tr *trial, tree *tree) []string {
	var operands []string
	for range weighted(g, []choice[int]{{2, 0}, {75, 1}, {15, 2}, {8, 3}}) {
		switch n := g.IntN(100); {
		case n < 12:
			tr.data = g.fullManifest(t, tr, tree)
			operands = append(operands, "-")
		case n < 15 && len(tree.fifos) > 0:
			operands = append(operands, g.manifestFIFO(t, tr, tree)...)
		case n < 20:
			operands = append(operands, g.strangeManifests(tree)...)
		default:
			name := g.name()
			if exists(tree.path(name)) || slices.ContainsFunc(tr.files, func(f file) bool { return f.name == name }) {
				continue
			}
			tr.files = append(tr.files, file{name, g.fullManifest(t, tr, tree)})
			operands = append(operands, name)
		}
	}
	if len(operands) == 0 {
		tr.data = g.fullManifest(t, tr, tree)
	}
	if len(tr.data) >= 4096 {
		// Who shares a pipe with the manifest gets what the reader of lines
		// hasn't buffered, 4 KiB at a time in GNU's case.
		for _, name := range stdinNames {
			tr.data = bytes.ReplaceAll(tr.data, []byte(name), []byte(os.DevNull))
		}
	}
	if (len(operands) == 0 || slices.Contains(operands, "-")) && g.chance(90) {
		tr.stdin = pick(g, inputPipe, inputPipe, inputFile, inputSocket)
	}
	return operands
}

// strangeManifests are operands that are hardly manifests.
func (g generator) strangeManifests(tree *tree) []string {
	names := slices.Concat(tree.strangers(), tree.others, tree.readable)
	return []string{pick(g, names...)}
}

// manifestFIFO makes a manifest that comes out of a FIFO.
func (g generator) manifestFIFO(t *testing.T, tr *trial, tree *tree) []string {
	for _, name := range tree.fifos {
		taken := func(f fifo) bool { return f.path == tree.path(name) }
		if slices.ContainsFunc(tr.fifos, taken) {
			continue
		}
		at := len(tr.fifos)
		tr.fifos = append(tr.fifos, fifo{path: tree.path(name)})
		tr.fifos[at].data = g.fullManifest(t, tr, tree)
		return []string{name}
	}
	return nil
}

// fullManifest makes a manifest over random names.
func (g generator) fullManifest(t *testing.T, tr *trial, tree *tree) []byte {
	count := g.IntN(9)
	if g.chance(4) {
		count = 20 + g.IntN(100)
	}
	before := len(tr.fifos)
	names := g.names(tr, tree, count)
	fifos := slices.Clone(tr.fifos[before:])
	names = slices.DeleteFunc(names, func(name string) bool {
		return slices.ContainsFunc(fifos, func(f fifo) bool { return f.path == tree.path(name) })
	})
	return g.manifest(t, tree, names, fifos)
}
