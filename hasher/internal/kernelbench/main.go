// Command kernelbench measures this processor's kernels: the speed of each and, for 1
// to 16 streams of each algorithm, the speed of the chosen kernels relative to the
// best. scripts/bench -kernels runs it. It prints Markdown for hasher/SIMD.md and for
// the tables of lanes.Rates.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
)

const usage = `usage: scripts/bench -kernels [OPTION]...

Measures the kernels of this processor on one core, and prints as Markdown the speed
of each and, for 1 to 16 streams, the kernels that are chosen, the best ones, and the
ratio of the two. PSHA1SUM_DISABLE disables kernels, and with GODEBUG=cpu.sha=off the
standard library uses no SHA instructions. The fastest round of each counts, because
other load can only slow it down.

options:
`

func main() {
	err := run(os.Args[1:], os.Stdout, os.Stderr)
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
	default:
		fmt.Fprintln(os.Stderr, "kernelbench:", err)
		os.Exit(1)
	}
}

func run(args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("bench -kernels", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprint(flags.Output(), usage)
		flags.PrintDefaults()
	}
	rounds := flags.Int("rounds", 200, "measure in `N` rounds")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected operand %q", flags.Arg(0))
	}
	if *rounds < 1 {
		return fmt.Errorf("-rounds %d: must be positive", *rounds)
	}
	rep := &report{machine: thisMachine()}
	for _, alg := range algorithms() {
		fmt.Fprintf(stderr, "bench: %s\n", alg.name)
		rep.results = append(rep.results, alg.measure(*rounds))
	}
	return rep.write(stdout)
}
