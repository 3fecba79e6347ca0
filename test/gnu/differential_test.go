//go:build unix

package gnu_test

import (
	"bytes"
	"flag"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/psha1sum/psha1sum/internal/clitest"
	"github.com/psha1sum/psha1sum/internal/large"
)

var (
	diffCases = flag.Int("diff.cases", 0, "how many random cases are compared with GNU sha1sum (default 400, with -large 5000, with -race 500)")
	diffCase  = flag.Int("diff.case", -1, "compare only the case with this number")
	diffKeep  = flag.Bool("diff.keep", false, "leave the trees of failed cases behind")
)

// casesPerTree is how many cases share a tree, whose making costs as much as
// some of them.
const casesPerTree = 50

// TestDifferential compares random cases with GNU sha1sum: trees, names,
// options, manifests and their damage, locales, standard streams.
func TestDifferential(t *testing.T) {
	clitest.NeedGNU(t)
	if clitest.GNU.Release.Major == 9 && clitest.GNU.Release.Minor == 2 {
		clitest.NotMeant(t, "coreutils 9.2 says OK where it isn't")
	}
	seed := *clitest.Seed
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
		t.Logf("-diff.seed=%d", seed)
	}
	first, last := 0, *diffCases
	switch {
	case *diffCase >= 0:
		first, last = *diffCase, *diffCase+1
	case last == 0 && (clitest.RaceEnabled || testing.Short()):
		last = 500
	case last == 0:
		last = large.Or(400, 5000)
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
	tree := clitest.NewGenerator(seed, ^number).Tree(t, treeDir(t))
	for n, failed := from, 0; n < to && failed < failures; n++ {
		g := clitest.NewGenerator(seed, uint64(n))
		tr := randomTrial(t, g, tree)
		difference := tr.Differs(t)
		if difference == "" {
			continue
		}
		failed++
		small := shrink(t, tr)
		if again := small.Differs(t); again != "" {
			tr, difference = small, again
		} else {
			difference += "but only once"
		}
		t.Errorf("case %d, cut down: %s\n%s\nagain: go test ./test/gnu -run TestDifferential -diff.seed=%d -diff.case=%d",
			n, tr, difference, seed, n)
	}
}

// treeDir returns the directory for a tree.
func treeDir(t *testing.T) string {
	if !*diffKeep {
		return clitest.PublicDir(t)
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

// randomTrial makes a random case over a tree. Whoever runs it draws the same random
// numbers for it, root or not.
func randomTrial(t *testing.T, g clitest.Generator, tree *clitest.Tree) *clitest.Trial {
	tr := &clitest.Trial{Dir: tree.Dir, Env: g.Locale()}
	if g.Chance(10) {
		tr.Env = append(slices.Clone(tr.Env), "POSIXLY_CORRECT="+clitest.Pick(g, "", "1"))
	}
	if g.Chance(30) && os.Geteuid() == 0 && clitest.NobodyRuns() {
		tr.As = clitest.Nobody
	}
	if jobs := clitest.Pick(g, []string{"-j1"}, []string{"-j", "2"}, []string{"--jobs=3"}, []string{"--jobs", "17"}); g.Chance(40) && !clitest.Ours.StandIn {
		tr.Own = jobs
	}
	check := g.Chance(45)
	chooseStreams(g, tr, check)
	var operands []string
	if check {
		operands = randomManifests(t, g, tr, tree)
	} else {
		operands = randomOperands(g, tr, tree)
	}
	tr.Args = clitest.NotOurs(g.Mix(g.Options(check), operands))
	if !clitest.GNU.Release.Before(9, 10) {
		tr.Args = clitest.WithoutText(tr.Args)
	}
	return tr
}

// chooseStreams chooses the standard chooseStreams.
func chooseStreams(g clitest.Generator, tr *clitest.Trial, check bool) {
	tr.Stdin = clitest.Weighted(g, []clitest.Choice[clitest.Input]{
		{Weight: 50, Value: clitest.InputNull}, {Weight: 3, Value: clitest.InputNullBoth}, {Weight: 10, Value: clitest.InputFile}, {Weight: 10, Value: clitest.InputOffset}, {Weight: 20, Value: clitest.InputPipe}, {Weight: 3, Value: clitest.InputSocket},
		{Weight: 2, Value: clitest.InputDirectory}, {Weight: 2, Value: clitest.InputWrite}, {Weight: 3, Value: clitest.InputClosed},
	})
	tr.Stdout = clitest.Weighted(g, []clitest.Choice[clitest.Output]{
		{Weight: 150, Value: clitest.OutputPipe}, {Weight: 10, Value: clitest.OutputFile}, {Weight: 1, Value: clitest.OutputNullBoth}, {Weight: 2, Value: clitest.OutputFull}, {Weight: 2, Value: clitest.OutputRead}, {Weight: 3, Value: clitest.OutputBroken}, {Weight: 3, Value: clitest.OutputClosed},
	})
	tr.Stderr = clitest.Weighted(g, []clitest.Choice[clitest.Output]{
		{Weight: 120, Value: clitest.OutputPipe}, {Weight: 20, Value: clitest.OutputShared}, {Weight: 4, Value: clitest.OutputFile}, {Weight: 2, Value: clitest.OutputNullBoth}, {Weight: 3, Value: clitest.OutputFull}, {Weight: 2, Value: clitest.OutputRead}, {Weight: 3, Value: clitest.OutputClosed},
	})
	if !clitest.Exists("/dev/full") || !clitest.GNU.Release.Before(9, 10) {
		// From 9.10 on GNU stops at the first write error.
		for _, stream := range []*clitest.Output{&tr.Stdout, &tr.Stderr} {
			switch *stream {
			case clitest.OutputFull, clitest.OutputRead, clitest.OutputClosed:
				*stream = clitest.OutputPipe
			}
		}
	}
	if tr.Stdout == clitest.OutputBroken && g.Chance(50) && clitest.SeesInherited() && clitest.GNU.Release.Before(9, 10) {
		tr.Shell = `trap "" PIPE`
	}
	if !clitest.SeesInherited() {
		if tr.Stdin == clitest.InputClosed {
			tr.Stdin = clitest.InputNull
		}
		for _, stream := range []*clitest.Output{&tr.Stdout, &tr.Stderr} {
			if *stream == clitest.OutputClosed {
				*stream = clitest.OutputPipe
			}
		}
	}
	if tr.Stdin == clitest.InputClosed && check {
		// GNU's manifest becomes descriptor 0 then, and its lines about stdin
		// read on in the manifest. Nobody means that.
		tr.Stdin = clitest.InputDirectory
	}
	tr.Data = g.Bytes(g.FileSize())
}

// randomOperands chooses files to hash.
func randomOperands(g clitest.Generator, tr *clitest.Trial, tree *clitest.Tree) []string {
	count := g.IntN(7)
	if g.Chance(4) {
		count = 20 + g.IntN(100)
	}
	return randomNames(g, tr, tree, count)
}

// randomNames chooses files of a tree, and beyond it. FIFOs are taken once each.
func randomNames(g clitest.Generator, tr *clitest.Trial, tree *clitest.Tree, count int) []string {
	fifos := slices.Clone(tree.FIFOs)
	fifos = slices.DeleteFunc(fifos, func(name string) bool {
		return slices.ContainsFunc(tr.FIFOs, func(f clitest.FIFO) bool { return f.Path == tree.Path(name) })
	})
	sources := []clitest.Choice[func() string]{{Weight: 5, Value: func() string { return clitest.Pick(g, tree.Strangers()...) }}}
	add := func(weight int, names ...string) {
		if len(names) > 0 {
			sources = append(sources, clitest.Choice[func() string]{Weight: weight, Value: func() string { return clitest.Pick(g, names...) }})
		}
	}
	add(70, tree.Readable...)
	add(8, tree.Others...)
	add(6, "-")
	add(2, clitest.StdinNames...)
	var names []string
	for range count {
		if len(fifos) > 0 && g.Chance(6) {
			i := g.IntN(len(fifos))
			tr.FIFOs = append(tr.FIFOs, clitest.FIFO{Path: tree.Path(fifos[i]), Data: g.Bytes(g.FileSize())})
			names = append(names, fifos[i])
			fifos = slices.Delete(fifos, i, i+1)
			continue
		}
		names = append(names, clitest.Weighted(g, sources)())
	}
	return names
}

// randomManifests makes randomManifests for a case and returns the operands that name
// them, or something else.
func randomManifests(t *testing.T, g clitest.Generator, tr *clitest.Trial, tree *clitest.Tree) []string {
	var operands []string
	for range clitest.Weighted(g, []clitest.Choice[int]{{Weight: 2, Value: 0}, {Weight: 75, Value: 1}, {Weight: 15, Value: 2}, {Weight: 8, Value: 3}}) {
		switch n := g.IntN(100); {
		case n < 12:
			tr.Data = fullManifest(t, g, tr, tree)
			operands = append(operands, "-")
		case n < 15 && len(tree.FIFOs) > 0:
			operands = append(operands, manifestFIFO(t, g, tr, tree)...)
		case n < 20:
			operands = append(operands, strangeManifests(g, tree)...)
		default:
			name := g.Name()
			if clitest.Exists(tree.Path(name)) || slices.ContainsFunc(tr.Files, func(f clitest.File) bool { return f.Name == name }) {
				continue
			}
			tr.Files = append(tr.Files, clitest.File{Name: name, Data: fullManifest(t, g, tr, tree)})
			operands = append(operands, name)
		}
	}
	if len(operands) == 0 {
		tr.Data = fullManifest(t, g, tr, tree)
	}
	if len(tr.Data) >= 4096 {
		// Who shares a pipe with the manifest gets what the reader of lines
		// hasn't buffered, 4 KiB at a time in GNU's case.
		for _, name := range clitest.StdinNames {
			tr.Data = bytes.ReplaceAll(tr.Data, []byte(name), []byte(os.DevNull))
		}
	}
	if (len(operands) == 0 || slices.Contains(operands, "-")) && g.Chance(90) {
		tr.Stdin = clitest.Pick(g, clitest.InputPipe, clitest.InputPipe, clitest.InputFile, clitest.InputSocket)
	}
	return operands
}

// strangeManifests are operands that are hardly manifests.
func strangeManifests(g clitest.Generator, tree *clitest.Tree) []string {
	names := slices.Concat(tree.Strangers(), tree.Others, tree.Readable)
	return []string{clitest.Pick(g, names...)}
}

// manifestFIFO makes a manifest that comes out of a FIFO.
func manifestFIFO(t *testing.T, g clitest.Generator, tr *clitest.Trial, tree *clitest.Tree) []string {
	for _, name := range tree.FIFOs {
		taken := func(f clitest.FIFO) bool { return f.Path == tree.Path(name) }
		if slices.ContainsFunc(tr.FIFOs, taken) {
			continue
		}
		at := len(tr.FIFOs)
		tr.FIFOs = append(tr.FIFOs, clitest.FIFO{Path: tree.Path(name)})
		tr.FIFOs[at].Data = fullManifest(t, g, tr, tree)
		return []string{name}
	}
	return nil
}

// fullManifest makes a manifest over random names.
func fullManifest(t *testing.T, g clitest.Generator, tr *clitest.Trial, tree *clitest.Tree) []byte {
	count := g.IntN(9)
	if g.Chance(4) {
		count = 20 + g.IntN(100)
	}
	before := len(tr.FIFOs)
	names := randomNames(g, tr, tree, count)
	fifos := slices.Clone(tr.FIFOs[before:])
	names = slices.DeleteFunc(names, func(name string) bool {
		return slices.ContainsFunc(fifos, func(f clitest.FIFO) bool { return f.Path == tree.Path(name) })
	})
	return g.Manifest(t, tree, names, fifos)
}
