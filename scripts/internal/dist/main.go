// Command dist packs the archives of a release, and compares two releases.
//
//	dist pack ARCHIVE DIRECTORY TIME
//	dist compare A B
//
// What it packs depends on nothing but the bytes and names of the files, which
// of them are programs, and the TIME that all of them get: names are in the order
// of their bytes, the owner is 0, and modes are 755 and 644 whatever the umask
// was. The archive's name, which ends in .tar.gz or .zip, chooses the format.
//
// Compare takes two files or two directories of them. It tells which files differ, of
// archives which members, and then fails.
//
// It is run by scripts/dist.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"
)

const usage = `usage: dist pack ARCHIVE DIRECTORY TIME
       dist compare A B
`

// errUsage says that the command line is none.
var errUsage = errors.New("usage")

func main() {
	err := run(os.Args[1:], os.Stdout)
	switch {
	case err == nil:
	case errors.Is(err, errUsage):
		fmt.Fprint(os.Stderr, usage)
		os.Exit(2)
	default:
		fmt.Fprintln(os.Stderr, "dist:", err)
		os.Exit(1)
	}
}

func run(args []string, stdout io.Writer) error {
	switch {
	case len(args) == 4 && args[0] == "pack":
		seconds, err := strconv.ParseInt(args[3], 10, 64)
		if err != nil {
			return fmt.Errorf("time %q is no number of seconds since 1970", args[3])
		}
		return pack(args[1], args[2], time.Unix(seconds, 0))
	case len(args) == 3 && args[0] == "compare":
		return compare(stdout, args[1], args[2])
	}
	return errUsage
}
