// Command dist packs the archives of a release, and compares two releases. scripts/dist
// runs it.
//
//	dist pack ARCHIVE DIRECTORY TIME
//	dist compare A B
//
// pack writes a reproducible archive: it depends only on the files' bytes, names and
// execute permissions, and on TIME, which all files get. Entries are sorted bytewise,
// owners are 0, and modes are 755 or 644. The name of the archive, which must end in
// .tar.gz or .zip, selects the format.
//
// compare compares two files or two directories of files. It prints which files differ,
// and which members of archives, and then fails.
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

// errUsage is the error for an invalid command line.
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
			return fmt.Errorf("time %q is not a number of seconds since 1970", args[3])
		}
		return pack(args[1], args[2], time.Unix(seconds, 0))
	case len(args) == 3 && args[0] == "compare":
		return compare(stdout, args[1], args[2])
	}
	return errUsage
}
