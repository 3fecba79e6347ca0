package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/psha1sum/psha1sum/hasher"
)

// bench runs rows.
type bench struct {
	dir     string // contains datasets, manifests and outputs
	rounds  int    // as requested; 0 for each row's default
	quick   bool
	tools   []installed       // reference, ours, peers
	held    []installed       // reference, ours, its variants
	ways    []installed       // reference, ours, its ways of reading
	forms   []installed       // reference, ours, its output formats
	cached  []installed       // reference, ours, ours with a cache
	readers []installed       // for cold rows, besides tools
	absent  []string          // names of peers that are not installed
	gnuTime string            // path of GNU time, or ""
	sums    map[string][]byte // output of the reference, by digests()

	// others are the reference, ours and old for each other algorithm whose reference
	// is installed.
	others map[string][]installed

	log io.Writer

	// dropInodes drops all dentries and inodes before each run of a cold row. Tests set
	// it to nil.
	dropInodes func() error
}

// findTools finds the programs: psha1sum and optionally an earlier one at the given
// paths, the others in PATH. Only these and sha1sum are required.
func (b *bench) findTools(psha1sum string, before *earlier, peers []tool) error {
	self, err := ours.at(psha1sum)
	if err != nil {
		return err
	}
	gnu, ok := reference.find()
	if !ok {
		return errors.New("GNU sha1sum is not installed")
	}
	b.tools = []installed{gnu, self}
	if before != nil {
		found, err := before.as(ours)
		if err != nil {
			return err
		}
		b.tools = append(b.tools, found)
	}
	b.held = []installed{gnu, self}
	for _, v := range variants() {
		b.held = append(b.held, installed{tool: v, program: psha1sum})
	}
	b.ways = []installed{gnu, self}
	for _, w := range readingWays() {
		b.ways = append(b.ways, installed{tool: w, program: psha1sum})
	}
	b.forms = []installed{gnu, self}
	for _, f := range outputForms() {
		b.forms = append(b.forms, installed{tool: f, program: psha1sum})
	}
	b.cached = []installed{gnu, self, {tool: withCache(), program: psha1sum}}
	for _, p := range peers {
		if found, ok := p.find(); ok {
			b.tools = append(b.tools, found)
		} else {
			b.absent = append(b.absent, p.name)
		}
	}
	for _, r := range readers {
		if found, ok := r.find(); ok {
			b.readers = append(b.readers, found)
		} else {
			b.absent = append(b.absent, r.name)
		}
	}
	if err := b.findOthers(psha1sum, before); err != nil {
		return err
	}
	b.gnuTime, err = findGNUTime()
	if err != nil {
		b.logf("%v: no peak memory", err)
	}
	return nil
}

// findOthers finds the tools of the other algorithms.
func (b *bench) findOthers(psha1sum string, before *earlier) error {
	b.others = make(map[string][]installed)
	for _, name := range otherAlgorithms {
		self, reference := computing(hasher.Lookup(name))
		gnu, ok := reference.find()
		if !ok {
			if !slices.Contains(b.absent, reference.name) {
				b.absent = append(b.absent, reference.name)
			}
			continue
		}
		b.others[name] = []installed{gnu, {tool: self, program: psha1sum}}
		if before == nil {
			continue
		}
		found, err := before.as(self)
		if err != nil {
			return err
		}
		b.others[name] = append(b.others[name], found)
	}
	return nil
}

// contestant is a tool that takes part in a row.
type contestant struct {
	installed
	command command
	printed int64 // size of its output, once that was found correct
	result  toolResult
}

// errSkipped says that a row can't be measured on this machine.
var errSkipped = errors.New("skipped")

// runAll measures the rows and adds them to the report.
func (b *bench) runAll(rows []row, rep *report) error {
	for _, r := range rows {
		res, err := b.run(r)
		switch {
		case errors.Is(err, errSkipped):
			b.logf("%s: %v", r.name, err)
			rep.Skipped = append(rep.Skipped, fmt.Sprintf("%s: %v", r.title(), err))
		case err != nil:
			return fmt.Errorf("row %s: %w", r.name, err)
		default:
			rep.Rows = append(rep.Rows, res)
		}
	}
	return nil
}

// run measures the row.
func (b *bench) run(r row) (rowResult, error) {
	res := rowResult{Name: r.name, Title: r.title(), Kind: r.kind, Bytes: r.bytes(), Rounds: r.rounds(b.rounds, b.quick)}
	a, err := b.prepare(r)
	if err != nil {
		return res, err
	}
	if a.kind.isCold() {
		if res.InodesWarm, err = b.chill(a); err != nil {
			return res, err
		}
	}
	entered, leftOut, err := b.enterAll(a)
	if err != nil {
		return res, err
	}
	res.LeftOut = leftOut
	order := slices.Clone(entered)
	for round := range res.Rounds {
		b.logf("%s: round %d of %d", r.name, round+1, res.Rounds)
		if err := b.round(a, order); err != nil {
			return res, err
		}
	}
	for _, c := range entered {
		res.Tools = append(res.Tools, c.result)
	}
	return res, nil
}

// round gives every contestant its turns and reverses the order after each, because the
// tool that ran before affects the state of the CPU.
func (b *bench) round(a *assignment, order []*contestant) error {
	turns, runs := a.turns(b.quick)
	for range turns {
		for _, c := range order {
			if err := b.turn(a, c, runs); err != nil {
				return err
			}
		}
		slices.Reverse(order)
	}
	return nil
}

// turn measures the contestant runs times.
func (b *bench) turn(a *assignment, c *contestant, runs int) error {
	if err := b.temper(a); err != nil {
		return err
	}
	for range runs {
		if err := b.measure(a, c); err != nil {
			return err
		}
	}
	return nil
}

// lineup returns the tools that may take part in the row, the reference and ours first.
func (b *bench) lineup(r row) []installed {
	switch r.kind {
	case algorithms:
		return b.others[r.alg]
	case hits, hitsWalk, coldHitsWalk, fill, fillWalk:
		return b.cached
	case heldBack:
		return b.held
	case ways, coldWays:
		return b.ways
	case forms:
		return b.forms
	case cold:
		return slices.Concat(b.tools, b.readers)
	case startUp:
		return slices.DeleteFunc(slices.Clone(b.tools), func(t installed) bool {
			return t.name != reference.name && t.name != ours.name && t.name != oldName
		})
	default:
		return b.tools
	}
}

// enterAll returns the tools that can do what the row measures, and the names of peers
// that failed, with reasons.
func (b *bench) enterAll(a *assignment) (entered []*contestant, leftOut []string, err error) {
	for _, t := range a.lineup {
		command, ok := t.command(a.row, a.work)
		if !ok {
			continue
		}
		if err := b.temper(a); err != nil {
			return nil, nil, err
		}
		c, err := b.enter(a, t, command)
		switch {
		case err == nil:
			entered = append(entered, c)
		case a.needs(t), errors.Is(err, errWrong):
			return nil, nil, err
		default:
			b.logf("%s: without %s: %v", a.name, t.name, err)
			leftOut = append(leftOut, fmt.Sprintf("%s: %v", t.name, err))
		}
	}
	return entered, leftOut, nil
}

// enter runs the tool once, untimed, records its peak memory and compares its output
// with the reference's. timed is the command to be timed later.
func (b *bench) enter(a *assignment, t installed, timed command) (*contestant, error) {
	// Output of concurrent processes may be interleaved within lines (openssl writes 4
	// KiB at a time), so output to be compared comes from one process.
	one := a.work
	one.cpus = 1
	readable, _ := t.command(a.row, one)
	peak, got, err := b.output(a, t, readable)
	if err != nil {
		return nil, err
	}
	if t.name == a.reference().name {
		a.expected = got
	}
	if err := a.judge(t, got, b.sums[a.digests()]); err != nil {
		return nil, err
	}
	return &contestant{
		installed: t,
		command:   timed,
		printed:   int64(len(got)),
		result:    toolResult{Tool: t.name, Foreign: t.foreign, Reader: t.reader, PeakKiB: peak},
	}, nil
}

// output runs the tool's command untimed and returns its peak memory in KiB, 0 if
// unknown, and its output.
func (b *bench) output(a *assignment, t installed, c command) (peak int64, printed []byte, err error) {
	path := b.outputPath(t)
	if b.gnuTime == "" {
		_, err = execute(c, a.dir, path)
	} else {
		peak, err = peakMemory(b.gnuTime, c, a.dir, path)
	}
	if err != nil {
		return 0, nil, err
	}
	printed, err = os.ReadFile(path)
	return peak, printed, err
}

// errWrong says that a tool computed different digests and so can't be compared.
var errWrong = errors.New("wrong output")

// judge returns errWrong unless the tool's output is correct. psha1sum must print what
// GNU prints, byte for byte, except for the order of lines when each walks the
// directory; other tools must print the digests in sums. When other tools check a
// manifest, exit status 0 is enough.
func (a *assignment) judge(t installed, got, sums []byte) error {
	if t.name == ours.name && !a.isExpected(got) {
		return fmt.Errorf("%w: the outputs of psha1sum and %s differ", errWrong, a.reference().name)
	}
	if a.check || t.reader {
		return nil
	}
	want, err := parseSums(sums)
	if err != nil {
		return err
	}
	digests, err := t.parse(got)
	if err == nil && t.foreign {
		err = compareNames(digests, want)
	} else if err == nil {
		err = compareDigests(digests, want)
	}
	if err != nil {
		return fmt.Errorf("%w: %s: %w", errWrong, t.name, err)
	}
	return nil
}

// isExpected reports whether the lines are the reference's, in the same order unless
// each tool walks the directory.
func (a *assignment) isExpected(got []byte) bool {
	if !a.kind.isWalk() {
		return bytes.Equal(got, a.expected)
	}
	return slices.EqualFunc(sortedLines(got), sortedLines(a.expected), bytes.Equal)
}

// measure runs the tool and adds the cost to its result.
func (b *bench) measure(a *assignment, c *contestant) error {
	path := b.outputPath(c.installed)
	spent, err := execute(c.command, a.dir, path)
	if err != nil {
		return err
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if info.Size() != c.printed {
		return fmt.Errorf("%s printed %d bytes, but %d when its output was checked", c.name, info.Size(), c.printed)
	}
	c.result.add(spent)
	return nil
}

func (b *bench) outputPath(t installed) string {
	return filepath.Join(b.dir, t.name+".out")
}

func (b *bench) logf(format string, args ...any) {
	fmt.Fprintf(b.log, "bench: "+format+"\n", args...)
}
