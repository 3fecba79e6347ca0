// Command bench compares the speed of psha1sum with that of other programs that hash
// files. scripts/bench runs it and builds psha1sum for it.
//
// In each row (a set of files to hash, to check, or to find in a directory and hash)
// every tool runs once untimed, to measure its peak memory and to compare its digests
// with GNU sha1sum's. Then all tools take turns in rounds, so that other load affects
// all of them. With -old an earlier psha1sum takes part. The files are in the page
// cache, or in cold rows are not; the report notes tools for which that was not the
// case. A cache of psha1sum is filled by an untimed run, or removed before each run in
// rows of the first run. The report is Markdown on standard output and ends with the
// bars of the rows; progress goes to standard error.
//
// To add files, a kind of row, a program or a bar, see datasets, kind and benchRows,
// peers, and bars.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

const usage = `usage: scripts/bench [OPTION]...
       scripts/bench -kernels [OPTION]...

Measures psha1sum, GNU sha1sum and all other installed programs that hash files,
and prints medians, ratios, processor time and peak memory as Markdown. It creates
the files to hash (6.8 GB, with -large 10.9 GB) and keeps them for the next run. The
page cache must have room for them; for cold rows they are dropped from it, and as
root also all dentries and inodes of the system. PSHA1SUM=FILE measures that binary
instead of building this checkout. PSHA1SUM_BENCH_DIR=DIR keeps the files in DIR
instead of psha1sum-bench below TMPDIR or /tmp. Use taskset to measure with fewer
cores. -kernels measures the kernels of this processor instead: see
scripts/bench -kernels -help.

With -old an earlier psha1sum takes turns with the others, and the report has ratios
to it within each round, of time and of processor time. The report ends with the bars
of the rows, for two cores; missing one is not a failure.

options:
`

// errUsage is the error for an invalid command line whose message was already printed.
var errUsage = errors.New("usage")

func main() {
	err := run(os.Args[1:], os.Stdout, os.Stderr)
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
	case errors.Is(err, errUsage):
		os.Exit(2)
	default:
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// config is the command line.
type config struct {
	dir      string
	repo     string
	psha1sum string
	old      string
	alg      string
	rows     string
	tools    string
	rounds   int
	quick    bool
	large    bool
	list     bool
	json     string
}

func parseConfig(args []string, stderr io.Writer) (config, error) {
	var c config
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprint(flags.Output(), usage)
		flags.PrintDefaults()
	}
	flags.StringVar(&c.dir, "dir", "", "keep the files in `DIR` (set by scripts/bench)")
	flags.StringVar(&c.psha1sum, "psha1sum", "", "measure the psha1sum at `FILE` (set by scripts/bench)")
	flags.StringVar(&c.repo, "repo", "", "look for the commit of -old in the repository at `DIR` (set by scripts/bench)")
	flags.StringVar(&c.old, "old", "", "also measure the psha1sum of `COMMIT`, built in a temporary worktree, or of FILE, a binary")
	flags.StringVar(&c.alg, "a", "sha1", "measure algorithm `NAME`, compared with GNU's tool for it; other peers only with sha1")
	flags.StringVar(&c.rows, "rows", "*", "only the rows of this comma-separated `LIST` of names and patterns (-list shows the names)")
	flags.StringVar(&c.tools, "tools", "*", "only the peers of this `LIST`, or none; psha1sum and sha1sum always run")
	flags.IntVar(&c.rounds, "rounds", 0, "measure in `N` rounds (default 5, cold rows 3, with -quick 1)")
	flags.BoolVar(&c.quick, "quick", false, "files of a 32nd of the size, or at most a sixteenth of the files: tests the bench, measures nothing")
	flags.BoolVar(&c.large, "large", false, "also the rows of a million files, which otherwise run only if -rows contains their exact names")
	flags.BoolVar(&c.list, "list", false, "print the names of the rows and the tools and exit")
	flags.StringVar(&c.json, "json", "", "also write all times to `FILE`, as JSON")

	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return c, err
		}
		return c, errUsage
	}
	if flags.NArg() > 0 {
		return c, fmt.Errorf("unexpected operand %q", flags.Arg(0))
	}
	if c.rounds < 0 {
		return c, fmt.Errorf("-rounds %d: must be positive", c.rounds)
	}
	return c, nil
}

func run(args []string, stdout, stderr io.Writer) error {
	c, err := parseConfig(args, stderr)
	if err != nil {
		return err
	}
	if err := useAlgorithm(c.alg); err != nil {
		return err
	}
	rows, err := choose("row", c.rows, suited(benchRows(c.quick), c.alg), func(r row) string { return r.name })
	if err != nil {
		return err
	}
	var chosen []tool
	if c.tools != "none" && len(peers) > 0 {
		chosen, err = choose("tool", c.tools, peers, func(t tool) string { return t.name })
		if err != nil {
			return err
		}
	}
	if c.list {
		return printNames(stdout, rows, chosen)
	}
	if !filepath.IsAbs(c.dir) || !filepath.IsAbs(c.repo) || !filepath.IsAbs(c.psha1sum) {
		return errors.New("-dir, -repo and -psha1sum must be absolute paths: run it as scripts/bench")
	}
	rows, left := onDemand(rows, c.rows, c.large)
	if len(rows) == 0 {
		return fmt.Errorf("no row is left: %s require -large or their exact names", strings.Join(left, ", "))
	}
	if len(left) > 0 {
		fmt.Fprintf(stderr, "bench: skipping %s, which require -large or their exact names\n", strings.Join(left, ", "))
	}
	rep, err := measureRows(c, rows, chosen, stderr)
	if err != nil {
		return err
	}
	if c.json != "" {
		if err := rep.writeJSON(c.json); err != nil {
			return err
		}
	}
	return rep.writeMarkdown(stdout)
}

// measureRows measures the rows and returns the report.
func measureRows(c config, rows []row, peers []tool, log io.Writer) (*report, error) {
	if err := fitsInMemory(rows); err != nil {
		return nil, err
	}
	self := filepath.Join(c.dir, "bin", ours.name)
	if err := copyProgram(c.psha1sum, self); err != nil {
		return nil, err
	}
	var before *earlier
	if c.old != "" {
		var err error
		if before, err = findEarlier(c.old, c.repo, c.dir, log); err != nil {
			return nil, err
		}
	}
	if c.quick {
		// Other files have the same names.
		c.dir = filepath.Join(c.dir, "quick")
	}
	b := &bench{dir: c.dir, rounds: c.rounds, quick: c.quick, log: log, dropInodes: dropInodes}
	if err := b.findTools(self, before, peers); err != nil {
		return nil, err
	}
	rep := &report{Machine: thisMachine(), Started: time.Now().UTC(), Quick: c.quick, Algorithm: c.alg}
	rep.addTools(b)
	if err := b.runAll(rows, rep); err != nil {
		return nil, err
	}
	rep.judgeAll(bars, rows)
	return rep, nil
}

func printNames(w io.Writer, rows []row, tools []tool) error {
	for _, r := range rows {
		title := r.title()
		if r.large {
			title += " (only by this name or with -large)"
		}
		if _, err := fmt.Fprintf(w, "row\t%s\t%s\n", r.name, title); err != nil {
			return err
		}
	}
	for _, t := range tools {
		if _, err := fmt.Fprintf(w, "tool\t%s\n", t.name); err != nil {
			return err
		}
	}
	return nil
}
