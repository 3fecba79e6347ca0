//go:build linux

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const usage = `usage: scripts/attack [OPTION]...

Attacks psha1sum with random files, settings, changes, kills and damage, beside
the real GNU tools, and prints what it tried and what it found. The exit status is
0 if nothing was found, 1 if something was, 2 if it could not run. A find comes
with all that is needed to see it again, and its files are kept.

options:
`

// Exit statuses.
const (
	statusFound  = 1
	statusFailed = 2
)

func main() {
	if confined() {
		return // the other program has been executed
	}
	os.Exit(attackMain(os.Args[1:], os.Stdout, os.Stderr))
}

// config is the command line.
type config struct {
	psha1sum string
	compat   string
	seed     uint64
	time     time.Duration
	families string
	trial    int
	dir      string
	keep     string
	list     bool
}

func parseConfig(args []string, stderr io.Writer) (c config, err error) {
	flags := flag.NewFlagSet("attack", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprint(stderr, usage)
		flags.PrintDefaults()
	}
	flags.StringVar(&c.psha1sum, "psha1sum", "", "attack the program at `FILE` instead of building this checkout")
	flags.StringVar(&c.compat, "compat", "", "the compiled tests of test/gnu at `FILE` (set by scripts/attack)")
	flags.Uint64Var(&c.seed, "seed", 0, "seed of the random numbers; 0 for the time")
	flags.DurationVar(&c.time, "time", time.Minute, "start new trials for this long")
	flags.StringVar(&c.families, "families", "", "only the families of this comma-separated `LIST` (-list shows them)")
	flags.IntVar(&c.trial, "trial", -1, "run only trial `NUMBER` of each family, repeatedly until the time is over")
	flags.StringVar(&c.dir, "dir", "", "work in a directory below `DIR` (default: TMPDIR or /tmp; not tmpfs, for --cache)")
	flags.StringVar(&c.keep, "keep", "", "keep the files of finds in `DIR` (default: psha1sum-attack-SEED beside the working directory)")
	flags.BoolVar(&c.list, "list", false, "print the families and exit")
	if err := flags.Parse(args); err != nil {
		return c, err
	}
	if flags.NArg() > 0 {
		return c, fmt.Errorf("unexpected operand %q", flags.Arg(0))
	}
	if c.seed == 0 {
		c.seed = uint64(time.Now().UnixNano())
	}
	return c, nil
}

func attackMain(args []string, stdout, stderr io.Writer) (status int) {
	c, err := parseConfig(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		fmt.Fprintln(stderr, "attack:", err)
		return statusFailed
	}
	if c.list {
		for _, f := range families {
			fmt.Fprintf(stdout, "%s\t%s\n", f.name, f.title)
		}
		return 0
	}
	found, err := runAttack(c, stdout, stderr)
	switch {
	case found:
		return statusFound
	case err != nil:
		fmt.Fprintln(stderr, "attack:", err)
		return statusFailed
	}
	return 0
}

// runAttack runs the attack, prints the report, and removes everything except the files
// of finds.
func runAttack(c config, stdout, stderr io.Writer) (found bool, err error) {
	chosen, err := chooseFamilies(c.families)
	if err != nil {
		return false, err
	}
	// With a private namespace, mounts vanish with this process.
	if err := ownMounts(); err != nil {
		fmt.Fprintln(stderr, "attack: no private mount namespace:", err)
	}
	// Many children get signals that dump core.
	if err := syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{}); err != nil {
		return false, err
	}
	// Adopt children whose parents have ended.
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return false, err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	a, err := newAttack(ctx, c, stderr)
	if err != nil {
		return false, err
	}
	defer a.close()
	fmt.Fprintf(stderr, "attack: -seed=%d -time=%v %s\n", c.seed, c.time, a.psha1sum)
	a.runAll(chosen)
	if err := a.report(stdout); err != nil {
		return false, err
	}
	if ctx.Err() != nil {
		return len(a.finds) > 0, errors.New("interrupted")
	}
	return len(a.finds) > 0, nil
}

// chooseFamilies returns the families in a list, or all.
func chooseFamilies(list string) (chosen []family, err error) {
	if list == "" {
		return families, nil
	}
	for name := range strings.SplitSeq(list, ",") {
		f := familyNamed(name)
		if f == nil {
			return nil, fmt.Errorf("unknown family %q: see -list", name)
		}
		chosen = append(chosen, *f)
	}
	return chosen, nil
}

// absolute makes paths on the command line absolute, because children run in other
// directories.
func absolute(path string) (string, error) {
	if path == "" {
		return "", nil
	}
	if _, err := os.Stat(path); err != nil {
		return "", err
	}
	return filepath.Abs(path)
}
