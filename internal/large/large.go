// Package large is how tests of all packages learn how much they are to do: "go test"
// takes as long as one likes to wait, and what takes longer is done by .ci/run and
// .ci/nightly.
package large

import (
	"flag"
	"os"
)

// environment is the variable that says for all packages at once what -large says to
// the tests of one: those that don't import this package know no such flag.
const environment = "PSHA1SUM_TEST_LARGE"

// Flag is whether tests are to be run at full size.
var Flag = flag.Bool("large", os.Getenv(environment) == "1", "run tests at full size: minutes, and gigabytes of sparse files")

// Or returns full if tests are to be run at full size, and else usual.
func Or(usual, full int) int {
	if *Flag {
		return full
	}
	return usual
}
